"""Drafts and scheduled posts: the composer saves them, pages list, open, publish and delete them."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import people as accounts_access
from accounts.views.asking import asks
from core import errors, limits
from feed.access import drafts as draft_access
from feed.actions import drafts as draft_actions
from feed.forms import PostForm
from feed.queries import drafts as draft_queries
from feed.views import base, composing

SAYS_NOTHING = {"text", "audience", "show_preview", "client_id", "alts"}


@require_POST
def save(request: base.Request) -> HttpResponse:
    """While one types: what the composer holds; nothing in it, and there is no such draft."""
    limits.check(draft_actions.SAVING, request.user.pk)
    form = PostForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["client_id"]:
        raise errors.Invalid(field=next(iter(form.errors), "client_id"))
    given = form.content()
    if not given["text"].strip() and not any(value for name, value in given.items() if name not in SAYS_NOTHING):
        draft_actions.clear_composer(actor=request.user, client_id=given["client_id"])
        return JsonResponse({"revision": 0})
    row = draft_actions.save_draft(
        actor=request.user, place="composer", revision=form.cleaned_data["revision"] or 0, **given
    )
    return JsonResponse({"revision": row.revision})


@require_safe
def drafts(request: base.Request) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    page = draft_queries.drafts(member, request.GET.get("cursor", ""))
    begun = None if request.GET.get("cursor") else draft_queries.in_composer(member)
    context = {"page": page, "begun": begun, "next_url": base.next_url(request, page.next), "tab": "drafts"}
    return render(request, "feed/drafts.html", context)


@require_safe
def scheduled(request: base.Request) -> HttpResponse:
    member = accounts_access.access_member(request.user)
    page = draft_queries.scheduled(member, request.GET.get("cursor", ""))
    context = {"page": page, "next_url": base.next_url(request, page.next), "tab": "scheduled"}
    return render(request, "feed/drafts.html", context)


@require_safe
def draft(request: base.Request, id: int) -> HttpResponse:
    """Opened in the composer."""
    row = draft_access.access_draft(request.user, id)
    return composing.page(request, composing.form_of(row), draft=row)


@require_POST
def publish(request: base.Request, id: int) -> HttpResponse:
    limits.check(limits.WRITING, request.user.pk)
    try:
        post = draft_actions.publish_draft(actor=request.user, draft_id=id)
    except (errors.Invalid, errors.Conflict) as error:
        messages.error(request, str(error.message))
        return redirect("feed:draft", id)
    messages.success(request, _("Posted"))
    return redirect(post)


@require_POST
@asks("delete_draft")
def delete(request: base.Request, id: int) -> HttpResponse:
    back = "feed:scheduled" if draft_access.access_draft(request.user, id).publish_at else "feed:drafts"
    draft_actions.delete_draft(actor=request.user, draft_id=id)
    messages.success(request, _("The draft is gone."))
    return redirect(back)
