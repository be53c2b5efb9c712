"""Groups through /api/v1: people, roles, links."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.actions import groups as group_actions
from chat.actions import links as link_actions
from chat.api.base import CURSOR, checked, member
from chat.queries import conversations as conversation_queries
from chat.queries import groups as group_queries
from chat.serializers import conversations as conversation_serializers
from chat.serializers import groups as group_serializers
from core import scopes

BOTH = scopes.Scopes(look=scopes.CHAT_READ, change=scopes.CHAT_WRITE)


def shown(request: Request, id: int, status: int = 200) -> Response:
    return Response(conversation_serializers.chat(conversation_queries.chat(request.user, id)), status=status)


class Groups(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(
        request=group_serializers.GroupIn,
        responses={201: conversation_serializers.ConversationOut},
        operation_id="group_create",
    )
    def post(self, request: Request) -> Response:
        """A new group that you own. Who does not know you is asked first."""
        given = checked(group_serializers.GroupIn(data=request.data))
        return shown(request, group_actions.create_group(actor=member(request), **given).pk, 201)


class Members(APIView):
    scopes = BOTH

    @extend_schema(parameters=[CURSOR], responses=group_serializers.GroupMembers, operation_id="group_members")
    def get(self, request: Request, id: int) -> Response:
        """Who is in the group, in order of coming."""
        page = group_queries.members(request.user, id, request.query_params.get("cursor", ""))
        return Response({"results": [group_serializers.member(row) for row in page.rows], "next": page.next or None})

    @extend_schema(
        request=group_serializers.PeopleIn,
        responses=conversation_serializers.ConversationOut,
        operation_id="group_add",
    )
    def post(self, request: Request, id: int) -> Response:
        """Adds people; who does not know you is asked first. Adding again changes nothing."""
        given = checked(group_serializers.PeopleIn(data=request.data))
        group_actions.add_people(actor=member(request), conversation_id=id, **given)
        return shown(request, id)


class OneMember(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=group_serializers.RoleIn, responses={204: None}, operation_id="group_role")
    def patch(self, request: Request, id: int, user: int) -> Response:
        """Another role; for owners."""
        given = checked(group_serializers.RoleIn(data=request.data))
        group_actions.change_role(actor=member(request), conversation_id=id, person_id=user, **given)
        return Response(status=204)

    @extend_schema(responses={204: None}, operation_id="group_remove")
    def delete(self, request: Request, id: int, user: int) -> Response:
        """Removes somebody; for admins. No link lets them in again."""
        group_actions.remove_person(actor=member(request), conversation_id=id, person_id=user)
        return Response(status=204)


class Leave(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(request=None, responses={204: None}, operation_id="group_leave")
    def post(self, request: Request, id: int) -> Response:
        """When the last owner leaves, the oldest admin or else the oldest member owns the group."""
        group_actions.leave(actor=member(request), conversation_id=id)
        return Response(status=204)


class Links(APIView):
    scopes = BOTH

    @extend_schema(responses=group_serializers.Links, operation_id="group_links")
    def get(self, request: Request, id: int) -> Response:
        """The links that let somebody in now; for admins."""
        rows = group_queries.links(request.user, id)
        return Response({"results": [link(request, row) for row in rows], "next": None})

    @extend_schema(
        request=group_serializers.LinkIn, responses={201: group_serializers.LinkOut}, operation_id="group_link_make"
    )
    def post(self, request: Request, id: int) -> Response:
        given = checked(group_serializers.LinkIn(data=request.data))
        lasts = timedelta(hours=given["hours"]) if given["hours"] else None
        row = link_actions.make_link(
            actor=member(request), conversation_id=id, lasts=lasts, most_uses=given["most_uses"]
        )
        return Response(link(request, row), status=201)


def link(request: Request, row: Any) -> dict[str, Any]:
    return group_serializers.link(row, request.build_absolute_uri(reverse("chat:join", args=[row.code])))


class OneLink(APIView):
    scopes = scopes.Scopes(change=scopes.CHAT_WRITE)

    @extend_schema(responses={204: None}, operation_id="group_link_end")
    def delete(self, request: Request, id: int, link: int) -> Response:
        """Lets nobody in any more."""
        link_actions.end_link(actor=member(request), conversation_id=id, link_id=link)
        return Response(status=204)


class Join(APIView):
    scopes = BOTH

    @extend_schema(responses=group_serializers.Invitation, operation_id="group_invitation")
    def get(self, request: Request, code: str) -> Response:
        """Where an invite link leads."""
        return Response(group_serializers.invitation(*group_queries.invitation(request.user, code)))

    @extend_schema(request=None, responses=conversation_serializers.ConversationOut, operation_id="group_join")
    def post(self, request: Request, code: str) -> Response:
        """Joins by the link. Joining again changes nothing."""
        return shown(request, link_actions.join_by_link(actor=member(request), code=code).pk)
