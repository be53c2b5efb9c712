"""Reactions through /api/v1: the set, one's own, who reacted."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import reactions, scopes
from core.api import paged
from feed.actions import reaction_set
from feed.actions import reactions as reaction_actions
from feed.api import base
from feed.queries import reactions as reaction_queries
from feed.serializers import reactions as reaction_serializers

KIND = OpenApiParameter("kind", str, description="Only reactions of this kind.")


class Reactions(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=reaction_serializers.KindsOut, operation_id="reaction_set_retrieve")
    def get(self, request: base.Request) -> Response:
        """The reactions that one can give here, in the owner's order."""
        return Response({"results": [reaction_serializers.kind(one) for one in reactions.sure_kinds()]})

    @extend_schema(
        request=reaction_serializers.KindsIn,
        responses=reaction_serializers.KindsOut,
        operation_id="reaction_set_update",
    )
    def put(self, request: base.Request) -> Response:
        """The whole set, by the owner. What is taken out stays counted, and is given no more."""
        given = base.checked(reaction_serializers.KindsIn(data=request.data))
        reaction_set.decide(actor=request.user, kinds=[dict(one) for one in given["reactions"]])
        return self.get(request)


class PostReaction(base.AnswerView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(
        request=reaction_serializers.ReactionIn, responses=reaction_serializers.Reactions, operation_id="reaction_put"
    )
    def put(self, request: base.Request, id: int) -> Response:
        """One's reaction is now this one; the same again changes nothing."""
        kind = base.checked(reaction_serializers.ReactionIn(data=request.data))["kind"]
        return Response(base.reactions(reaction_actions.react(actor=request.user, post_id=id, kind=kind), kind))

    @extend_schema(responses=reaction_serializers.Reactions, operation_id="reaction_delete")
    def delete(self, request: base.Request, id: int) -> Response:
        return Response(base.reactions(reaction_actions.unreact(actor=request.user, post_id=id), None))


class CommentReaction(base.AnswerView):
    scopes = scopes.Scopes(change=scopes.WRITE)

    @extend_schema(
        request=reaction_serializers.ReactionIn,
        responses=reaction_serializers.Reactions,
        operation_id="comment_reaction_put",
    )
    def put(self, request: base.Request, id: int) -> Response:
        kind = base.checked(reaction_serializers.ReactionIn(data=request.data))["kind"]
        return Response(
            base.reactions(reaction_actions.react_to_comment(actor=request.user, comment_id=id, kind=kind), kind)
        )

    @extend_schema(responses=reaction_serializers.Reactions, operation_id="comment_reaction_delete")
    def delete(self, request: base.Request, id: int) -> Response:
        return Response(base.reactions(reaction_actions.unreact_to_comment(actor=request.user, comment_id=id), None))


class PostReactors(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[KIND, base.CURSOR], responses=reaction_serializers.ReactorPage, operation_id="post_reactor_list"
    )
    def get(self, request: base.Request, id: int) -> Response:
        """Who reacted to a post, newest first: those whom you may see. The counts know the others, too."""
        _post, page = reaction_queries.reactors_of_post(request.user, id, **_asked(request))
        return paged(page, [reaction_serializers.reactor(row) for row in page.rows])


class CommentReactors(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[KIND, base.CURSOR], responses=reaction_serializers.ReactorPage, operation_id="comment_reactor_list"
    )
    def get(self, request: base.Request, id: int) -> Response:
        """Who reacted to a comment, newest first: those whom you may see."""
        _comment, page = reaction_queries.reactors_of_comment(request.user, id, **_asked(request))
        return paged(page, [reaction_serializers.reactor(row) for row in page.rows])


def _asked(request: base.Request) -> dict[str, Any]:
    return {name: request.query_params.get(name, "") for name in ("kind", "cursor")}
