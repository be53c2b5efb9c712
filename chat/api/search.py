"""Messages by their words and days, through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api.base import CURSOR, checked, member
from chat.queries import search as search_queries
from chat.serializers import messages as message_serializers
from chat.serializers import search as search_serializers
from core import scopes


class Search(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(
        parameters=[search_serializers.Asking, CURSOR],
        responses=search_serializers.FoundList,
        operation_id="conversation_search",
    )
    def get(self, request: Request) -> Response:
        """Messages of yours that have all these words, the latest first. What was written is found within seconds; from
        four letters on a word may be the beginning of a longer one."""
        given = checked(search_serializers.Asking(data=request.query_params))
        words, sender = given.pop("q"), given.pop("sender")
        by = search_queries.sender(member(request), sender) if sender else None
        asked = search_queries.Asked(words=words, sender=by, **given)
        page = search_queries.search(request.user, asked, request.query_params.get("cursor", ""))
        return Response(
            {"results": [message_serializers.shown(row.message) for row in page.rows], "next": page.next or None}
        )


class Day(APIView):
    scopes = scopes.Scopes(look=scopes.CHAT_READ)

    @extend_schema(
        parameters=[search_serializers.Day], responses=search_serializers.Place, operation_id="conversation_day"
    )
    def get(self, request: Request, id: int) -> Response:
        """Where a day begins in a conversation: ask for the messages after it."""
        given = checked(search_serializers.Day(data=request.query_params))
        return Response({"after": search_queries.place_of_day(request.user, id, given["day"])})
