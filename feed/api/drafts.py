"""Drafts and scheduled posts through /api/v1. Nobody but their author ever learns of them."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import limits, scopes
from core.api import paged
from feed.access import drafts as draft_access
from feed.actions import drafts as draft_actions
from feed.api import base
from feed.queries import drafts as draft_queries
from feed.queries import posts as post_queries
from feed.serializers import drafts as draft_serializers
from feed.serializers import posts as post_serializers


def answer(request: base.Request, id: int, status: int = 200) -> Response:
    return Response(draft_serializers.draft(draft_access.access_draft(request.user, id)), status=status)


class Drafts(APIView):
    scopes = scopes.Scopes(look=scopes.WRITE, change=scopes.WRITE)

    @extend_schema(parameters=[base.CURSOR], responses=draft_serializers.DraftPage, operation_id="me_drafts_list")
    def get(self, request: base.Request) -> Response:
        """What you keep and have not scheduled, the latest saved first; without what stands in the composer."""
        page = draft_queries.drafts(request.user, request.query_params.get("cursor", ""))
        return paged(page, [draft_serializers.draft(row) for row in page.rows])

    @extend_schema(
        request=draft_serializers.DraftIn,
        responses={201: draft_serializers.DraftOut},
        operation_id="me_draft_create",
    )
    def post(self, request: base.Request) -> Response:
        """Keeps a post for later, or schedules it. With a `client_id` a repeat changes that draft."""
        limits.check(draft_actions.SAVING, request.user.pk)
        given = base.with_keys(base.checked(draft_serializers.DraftIn(data=request.data)))
        in_composer = given.pop("in_composer")
        place: draft_actions.Place = "scheduled" if given["publish_at"] else "composer" if in_composer else "kept"
        row = draft_actions.save_draft(actor=request.user, place=place, **given)
        return answer(request, row.pk, 201)


class ComposerDraft(APIView):
    scopes = scopes.Scopes(look=scopes.WRITE)

    @extend_schema(responses=draft_serializers.DraftPage, operation_id="me_composer_retrieve")
    def get(self, request: base.Request) -> Response:
        """What you have begun to write, on whatever device: one draft, or none."""
        row = draft_queries.in_composer(request.user)
        return Response({"results": [draft_serializers.draft(row)] if row else [], "next": None})


class OneDraft(APIView):
    scopes = scopes.Scopes(look=scopes.WRITE, change=scopes.WRITE)

    @extend_schema(responses=draft_serializers.DraftOut, operation_id="me_draft_retrieve")
    def get(self, request: base.Request, id: int) -> Response:
        return answer(request, id)

    @extend_schema(
        request=draft_serializers.DraftPatch, responses=draft_serializers.DraftOut, operation_id="me_draft_update"
    )
    def patch(self, request: base.Request, id: int) -> Response:
        """Changes what is named; a `publish_at` of null takes it out of the schedule."""
        limits.check(draft_actions.SAVING, request.user.pk)
        given = base.with_keys(base.checked(draft_serializers.DraftPatch(data=request.data, partial=True)))
        draft_actions.change_draft(actor=request.user, draft_id=id, **given)
        return answer(request, id)

    @extend_schema(responses={204: None}, operation_id="me_draft_delete")
    def delete(self, request: base.Request, id: int) -> Response:
        """Nothing brings it back."""
        draft_actions.delete_draft(actor=request.user, draft_id=id)
        return Response(status=204)


class PublishDraft(APIView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(request=None, responses={201: post_serializers.PostOut}, operation_id="me_draft_publish")
    def post(self, request: base.Request, id: int) -> Response:
        """Makes the post now, whatever time it was scheduled for."""
        limits.check(limits.WRITING, request.user.pk)
        post = draft_actions.publish_draft(actor=request.user, draft_id=id)
        return Response(post_serializers.post(post_queries.post(request.user, post.pk)), status=201)


class ScheduledPosts(APIView):
    scopes = scopes.Scopes(look=scopes.WRITE)

    @extend_schema(parameters=[base.CURSOR], responses=draft_serializers.DraftPage, operation_id="me_scheduled_list")
    def get(self, request: base.Request) -> Response:
        """What waits for its time, the next first; with its `trouble` what could not appear."""
        page = draft_queries.scheduled(request.user, request.query_params.get("cursor", ""))
        return paged(page, [draft_serializers.draft(row) for row in page.rows])
