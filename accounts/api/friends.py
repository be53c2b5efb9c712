"""The REST door of friends: requests, close friends, suggestions."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actions import friends
from accounts.api.base import CURSOR, ID, Request, cursor, reference
from accounts.models.people import User
from accounts.queries import friends as friends_queries
from accounts.queries import people as people_queries
from accounts.serializers import people as people_serializers
from accounts.serializers import ties as ties_serializers
from core import scopes


def profile(request: Request, who: User) -> Response:
    return Response(people_serializers.profile(people_queries.person(viewer=request.user, person=who.pk)))


@extend_schema(tags=["people"], parameters=[ID], request=None)
class FriendView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=people_serializers.Profile)
    def post(self, request: Request, id: str) -> Response:
        """Asks to be friends, or says yes to who asked: see `friend_state`. Doing it again changes nothing."""
        who, _state = friends.ask(actor=request.user, person=reference(id))
        return profile(request, who)

    @extend_schema(responses=people_serializers.Profile)
    def delete(self, request: Request, id: str) -> Response:
        """Friends no more, or the request withdrawn. Doing it again changes nothing."""
        return profile(request, friends.part(actor=request.user, person=reference(id)))


@extend_schema(tags=["people"], parameters=[ID, CURSOR])
class FriendsOfView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    permission_classes = [AllowAny]

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request, id: str) -> Response:
        _who, page = friends_queries.friends(viewer=request.user, person=reference(id), cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[CURSOR])
class FriendsView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request) -> Response:
        """Your friends, newest first."""
        page = friends_queries.own_friends(viewer=request.user, cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[CURSOR])
class FriendRequestsView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request) -> Response:
        """Who asks you to be friends, newest first."""
        page = friends_queries.requests(viewer=request.user, cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[CURSOR])
class SentFriendRequestsView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request) -> Response:
        """Whom you ask to be friends and who has not answered, newest first. Take it back with DELETE
        /users/{id}/friend."""
        page = friends_queries.sent_requests(viewer=request.user, cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class FriendRequestView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    def delete(self, request: Request, id: str) -> Response:
        """Declines what this person asks, without a word to them."""
        friends.decline(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"], parameters=[ID], request=None)
class AcceptFriendView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=people_serializers.Profile)
    def post(self, request: Request, id: str) -> Response:
        """Friends with this person, who asked: you follow each other from now on."""
        return profile(request, friends.accept(actor=request.user, person=reference(id)))


@extend_schema(tags=["people"], parameters=[CURSOR])
class CloseFriendsView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request) -> Response:
        """Whom you count among your close friends; only you know."""
        page = friends_queries.close_friends(viewer=request.user, cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class CloseFriendView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    def put(self, request: Request, id: str) -> Response:
        """One of your friends is a close one; they are not told."""
        friends.add_close(actor=request.user, person=reference(id))
        return Response(status=204)

    def delete(self, request: Request, id: str) -> Response:
        friends.remove_close(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"])
class SuggestionsView(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=ties_serializers.Suggestions)
    def get(self, request: Request) -> Response:
        """Friends of your friends, those with most friends in common first."""
        found = friends_queries.suggestions(viewer=request.user)
        return Response({"results": [ties_serializers.suggestion(person) for person in found], "next": None})


@extend_schema(tags=["people"], parameters=[ID], request=None, responses={204: None})
class SuggestionView(APIView):
    scopes = scopes.Scopes(change=scopes.PEOPLE_WRITE)

    def delete(self, request: Request, id: str) -> Response:
        """This person is not suggested any more."""
        friends.dismiss(actor=request.user, person=reference(id))
        return Response(status=204)
