"""The REST door of mutes: people and words. Conversations are the feed's."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actions import mutes
from accounts.api.base import CURSOR, ID, Request, cursor, reference
from accounts.queries import mutes as mutes_queries
from accounts.queries import people as people_queries
from accounts.serializers import people as people_serializers
from accounts.serializers import ties as ties_serializers
from core import scopes


@extend_schema(tags=["people"], parameters=[CURSOR])
class MutesView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=ties_serializers.MutePage)
    def get(self, request: Request) -> Response:
        """Whom you mute, newest first; what has ended is not here."""
        page = mutes_queries.people(viewer=request.user, cursor=cursor(request))
        return Response({"results": [ties_serializers.mute(row) for row in page.rows], "next": page.next or None})


@extend_schema(tags=["people"], parameters=[ID])
class MuteView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(request=ties_serializers.SpanIn, responses=people_serializers.Profile)
    def put(self, request: Request, id: str) -> Response:
        """What this person posts and says is not put before you; they are not told. Again: another end."""
        given = ties_serializers.SpanIn(data=request.data)
        given.is_valid(raise_exception=True)
        who = mutes.mute(actor=request.user, person=reference(id), span=given.validated_data["span"])
        return Response(people_serializers.profile(people_queries.person(viewer=request.user, person=who.pk)))

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, id: str) -> Response:
        mutes.unmute(actor=request.user, person=reference(id))
        return Response(status=204)


@extend_schema(tags=["people"])
class WordsView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(parameters=[CURSOR], responses=ties_serializers.WordPage)
    def get(self, request: Request) -> Response:
        """Words and phrases that you mute, newest first."""
        page = mutes_queries.words(viewer=request.user, cursor=cursor(request))
        return Response({"results": [ties_serializers.word(row) for row in page.rows], "next": page.next or None})

    @extend_schema(request=ties_serializers.WordIn, responses={201: ties_serializers.WordOut})
    def post(self, request: Request) -> Response:
        """Posts and comments of others with this word are not put before you. The same word again: another end."""
        given = ties_serializers.WordIn(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(ties_serializers.word(mutes.mute_word(actor=request.user, **given.validated_data)), status=201)


@extend_schema(tags=["people"], request=None, responses={204: None})
class WordView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    def delete(self, request: Request, id: int) -> Response:
        mutes.unmute_word(actor=request.user, word_id=id)
        return Response(status=204)
