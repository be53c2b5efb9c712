"""The REST door of people: the member's own data, people, follow, requests and block."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access.life import open_to_hidden
from accounts.actions import profiles, relations
from accounts.api.base import CURSOR, ID, Request, cursor, reference
from accounts.queries import people as people_queries
from accounts.serializers import people as people_serializers
from core import scopes


@open_to_hidden
class MeView(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.ACCOUNT)

    @extend_schema(tags=["people"], responses=people_serializers.Me)
    def get(self, request: Request) -> Response:
        return self.answer(request)

    @extend_schema(tags=["people"], request=people_serializers.MePatch, responses=people_serializers.Me)
    def patch(self, request: Request) -> Response:
        given = people_serializers.MePatch(data=request.data)
        given.is_valid(raise_exception=True)
        changes: dict[str, Any] = dict(given.validated_data)
        private = changes.pop("is_private", None)
        profiles.change_me(actor=request.user, **changes)
        if private is not None:  # takes in who waits, batch by batch
            relations.set_private(actor=request.user, private=private)
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        return Response(people_serializers.me(people_queries.person(viewer=request.user, person=request.user.pk)))


@extend_schema(tags=["people"], parameters=[ID])
class UserView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)
    permission_classes = [AllowAny]

    @extend_schema(responses=people_serializers.Profile)
    def get(self, request: Request, id: str) -> Response:
        return Response(people_serializers.profile(people_queries.person(viewer=request.user, person=reference(id))))


@extend_schema(tags=["people"], parameters=[ID], request=None)
class FollowView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=people_serializers.Profile)
    def post(self, request: Request, id: str) -> Response:
        """Follow, or ask to where the account is private: see `follow_state`. Doing it again changes nothing."""
        who, _state = relations.follow(actor=request.user, person=reference(id))
        return Response(people_serializers.profile(people_queries.person(viewer=request.user, person=who.pk)))

    @extend_schema(responses=people_serializers.Profile)
    def delete(self, request: Request, id: str) -> Response:
        """Follow no more, or withdraw the request. Doing it again changes nothing."""
        who = relations.unfollow(actor=request.user, person=reference(id))
        return Response(people_serializers.profile(people_queries.person(viewer=request.user, person=who.pk)))


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class FollowerView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    def delete(self, request: Request, id: str) -> Response:
        """This person follows you no more, and is not told."""
        relations.remove_follower(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"], parameters=[CURSOR])
class RequestsView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request) -> Response:
        """Who asks to follow you, newest first."""
        page = people_queries.requests(viewer=request.user, cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[CURSOR])
class SentRequestsView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request) -> Response:
        """Whom you ask to follow and who has not answered, newest first. Take it back with DELETE
        /users/{id}/follow."""
        page = people_queries.sent_requests(viewer=request.user, cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class RequestView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    def delete(self, request: Request, id: str) -> Response:
        """Declines what this person asks, without a word to them."""
        relations.decline_request(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"], parameters=[ID], request=None)
class AcceptView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=people_serializers.Profile)
    def post(self, request: Request, id: str) -> Response:
        """This person, who asked, follows you from now on."""
        who = relations.accept_request(actor=request.user, person=reference(id))
        return Response(people_serializers.profile(people_queries.person(viewer=request.user, person=who.pk)))


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class BlockView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    def post(self, request: Request, id: str) -> Response:
        """Both vanish for each other, at once."""
        relations.block(actor=request.user, person=reference(id))
        return Response(status=204)

    def delete(self, request: Request, id: str) -> Response:
        relations.unblock(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"], parameters=[CURSOR])
class BlocksView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE)

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request) -> Response:
        """Whom you block, newest first, also while they hide. Take it back with DELETE /users/{id}/block."""
        page = people_queries.blocked_people(viewer=request.user, cursor=cursor(request))
        return Response(people_serializers.people([row.blocked for row in page.rows], page.next))


@extend_schema(tags=["people"], parameters=[ID, CURSOR])
class FollowersView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)
    permission_classes = [AllowAny]

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request, id: str) -> Response:
        _who, page = people_queries.followers(viewer=request.user, person=reference(id), cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[ID, CURSOR])
class FollowingView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)
    permission_classes = [AllowAny]

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request, id: str) -> Response:
        _who, page = people_queries.following(viewer=request.user, person=reference(id), cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))
