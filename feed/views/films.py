"""The captions of one's own video or sound."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_http_methods

from core import errors
from feed.forms import CaptionsForm
from feed.queries import films as film_queries
from feed.views import base
from uploads import captions as vtt
from uploads.actions import captioning


@require_http_methods(["GET", "HEAD", "POST"])
def captions(request: base.Request, id: int) -> HttpResponse:
    """A file a language; `remove` takes one away."""
    post, film = film_queries.own_film(request.user, id)
    if gone := request.POST.get("remove"):
        captioning.delete_captions(actor=request.user, key=film.key, language=gone)
        return redirect("feed:captions", id)
    form = CaptionsForm(request.POST or None, request.FILES or None, initial={"language": translation.get_language()})
    if form.is_bound and form.is_valid():
        words = form.cleaned_data["file"].read(vtt.BYTES + 1)
        try:
            captioning.set_captions(
                actor=request.user, key=film.key, language=form.cleaned_data["language"], file=words
            )
        except errors.Invalid as error:
            base.complain(form, error)
        else:
            return redirect("feed:captions", id)
    context = {"form": form, "post": post, "film": film}
    return render(request, "feed/captions.html", context, status=422 if form.is_bound else 200)
