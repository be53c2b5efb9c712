"""The REST door of the doors: the site, one's invitations, the moderators' queue."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import doors
from accounts.access.life import open_to_hidden
from accounts.actions import applications, invitations
from accounts.api.base import CURSOR, Request, cursor
from accounts.models.people import User
from accounts.queries import doors as door_queries
from accounts.queries import invitations as invitation_queries
from accounts.serializers import doors as door_serializers
from accounts.serializers import people as people_serializers
from core import api, frame, scopes

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)
TOKEN = OpenApiParameter("X-Invitation", str, OpenApiParameter.HEADER, description="The last part of its link.")


@open_to_hidden
class SiteView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    permission_classes = [AllowAny]

    @extend_schema(tags=["site"], parameters=[TOKEN], responses=door_serializers.SiteOut)
    def get(self, request: Request) -> Response:
        """The site's name, and how one joins."""
        door = doors.door(request.headers.get("X-Invitation", ""))
        return Response(door_serializers.site(frame.site(), door))


class InvitationsView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["invitations"], parameters=[CURSOR], responses=door_serializers.Invitations)
    def get(self, request: Request) -> Response:
        page = invitation_queries.own_invitations(viewer=request.user, cursor=cursor(request))
        return api.paged(page, [door_serializers.invitation(row) for row in page.rows])

    @extend_schema(
        tags=["invitations"],
        request=door_serializers.InvitationIn,
        responses={201: door_serializers.NewInvitation},
    )
    def post(self, request: Request) -> Response:
        """Invite by a link, or by mail if there is an address."""
        given = door_serializers.InvitationIn(data=request.data)
        given.is_valid(raise_exception=True)
        row, link = invitations.invite(actor=request.user, **given.validated_data)
        return _with_link(request.user, row.pk, link, status=201)


@extend_schema(tags=["invitations"], parameters=[ID], request=None)
class InvitationView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Nobody joins with it any more. Doing it again changes nothing."""
        invitations.revoke(actor=request.user, invitation_id=id)
        return Response(status=204)


@extend_schema(tags=["invitations"], parameters=[ID], request=None)
class InvitationLinkView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(responses=door_serializers.NewInvitation)
    def post(self, request: Request, id: int) -> Response:
        """A new link; the one before is good no more."""
        row, link = invitations.renew(actor=request.user, invitation_id=id)
        return _with_link(request.user, row.pk, link)


def _with_link(user: User, id: int, link: str, *, status: int = 200) -> Response:
    row = invitation_queries.own_invitation(viewer=user, id=id)
    return Response({**door_serializers.invitation(row), "link": link}, status=status)


class InvitedView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["invitations"], parameters=[CURSOR], responses=people_serializers.People)
    def get(self, request: Request) -> Response:
        """Who joined with your invitations, newest first."""
        page = invitation_queries.people_brought(viewer=request.user, cursor=cursor(request))
        return Response(people_serializers.people([row.person for row in page.rows], page.next))


class ApplicationsView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["moderation"], parameters=[CURSOR], responses=door_serializers.Applications)
    def get(self, request: Request) -> Response:
        """Requests to join that wait, for moderators."""
        page = door_queries.waiting_applications(viewer=request.user, cursor=cursor(request))
        return api.paged(page, [door_serializers.application(row) for row in page.rows])


@extend_schema(tags=["moderation"], parameters=[ID], request=None)
class AcceptView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(responses=people_serializers.Person)
    def post(self, request: Request, id: int) -> Response:
        """The new member. 409 when somebody has decided before."""
        return Response(people_serializers.person(applications.accept(actor=request.user, application_id=id)))


class DeclineView(APIView):
    scopes = scopes.CLOSED

    @extend_schema(tags=["moderation"], parameters=[ID], request=door_serializers.Decline, responses={204: None})
    def post(self, request: Request, id: int) -> Response:
        """409 when somebody has decided before."""
        given = door_serializers.Decline(data=request.data)
        given.is_valid(raise_exception=True)
        applications.decline(actor=request.user, application_id=id, **given.validated_data)
        return Response(status=204)
