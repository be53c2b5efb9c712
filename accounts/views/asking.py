"""The page that asks before a deed, where no script has asked."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.forms.questions import QUESTIONS
from core.views import way_back

ASK = "ask"  # the button of forms that ask; its value is whom or what it is about


def asks(question: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Shows the question first when the form's own button was pressed. The script, and the page itself, send the form
    without it."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if ASK not in request.POST or request.headers.get("HX-Request"):
                return view(request, *args, **kwargs)
            context = {
                "question": QUESTIONS[question].about(request.POST[ASK]),
                "next": request.POST.get("next", ""),
                "back": way_back(request),
            }
            return render(request, "accounts/ask.html", context)

        return guarded

    return decorate
