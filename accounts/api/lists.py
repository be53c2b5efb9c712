"""The REST door of lists of people. Reading one (posts) is the feed's."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import lists as lists_access
from accounts.actions import lists
from accounts.api.base import CURSOR, Request, cursor, reference
from accounts.queries import lists as lists_queries
from accounts.serializers import people as people_serializers
from accounts.serializers import ties as ties_serializers
from core import scopes

PERSON = OpenApiParameter("person", str, OpenApiParameter.PATH, description="Id, or handle.")


@extend_schema(tags=["people"])
class ListsView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=ties_serializers.Lists, operation_id="me_lists_list")
    def get(self, request: Request) -> Response:
        """All your lists, by name; only you know of them."""
        found = lists_queries.own_lists(viewer=request.user)
        return Response({"results": [ties_serializers.people_list(row) for row in found], "next": None})

    @extend_schema(request=ties_serializers.ListIn, responses={201: ties_serializers.ListOut})
    def post(self, request: Request) -> Response:
        given = ties_serializers.ListIn(data=request.data)
        given.is_valid(raise_exception=True)
        row = lists.make_list(actor=request.user, name=given.validated_data["name"])
        return Response(ties_serializers.people_list(row), status=201)


@extend_schema(tags=["people"])
class ListView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=ties_serializers.ListOut, operation_id="me_lists_one")
    def get(self, request: Request, id: int) -> Response:
        return Response(ties_serializers.people_list(lists_access.access_list(request.user, id)))

    @extend_schema(request=ties_serializers.ListIn, responses=ties_serializers.ListOut)
    def patch(self, request: Request, id: int) -> Response:
        given = ties_serializers.ListIn(data=request.data)
        given.is_valid(raise_exception=True)
        row = lists.rename_list(actor=request.user, list_id=id, name=given.validated_data["name"])
        return Response(ties_serializers.people_list(row))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        lists.delete_list(actor=request.user, list_id=id)
        return Response(status=204)


@extend_schema(tags=["people"], parameters=[CURSOR])
class ListPeopleView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    @extend_schema(responses=people_serializers.People)
    def get(self, request: Request, id: int) -> Response:
        """Whom the list holds, newest first."""
        _row, page = lists_queries.people(viewer=request.user, list_id=id, cursor=cursor(request))
        return Response(people_serializers.people(page.rows, page.next))


@extend_schema(tags=["people"], parameters=[PERSON], request=None, responses={204: None})
class ListPersonView(APIView):
    scopes = scopes.Scopes(look=scopes.PEOPLE_WRITE, change=scopes.PEOPLE_WRITE)

    def put(self, request: Request, id: int, person: str) -> Response:
        """This person is on the list, and not told. Doing it again changes nothing."""
        lists.add(actor=request.user, list_id=id, person=reference(person))
        return Response(status=204)

    def delete(self, request: Request, id: int, person: str) -> Response:
        lists.remove(actor=request.user, list_id=id, person=reference(person))
        return Response(status=204)
