"""What posts said before, through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from core.api import paged
from feed.api import base
from feed.queries import revisions as revision_queries
from feed.serializers import revisions as revision_serializers


class PostRevisions(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[base.CURSOR], responses=revision_serializers.RevisionPage, operation_id="post_revisions_list"
    )
    def get(self, request: base.Request, id: int) -> Response:
        """The former versions of a post that you may see, the latest first; what it says now is the post."""
        _post, page = revision_queries.revisions(request.user, id, request.query_params.get("cursor", ""))
        return paged(page, [revision_serializers.revision(row) for row in page.rows])
