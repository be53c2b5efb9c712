"""What there is to find, 'For you', and why, through /api/v1."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core import scopes
from core.api import paged
from feed.actions import home_tabs as home_tab_actions
from feed.api.base import CURSOR, Request, checked
from feed.queries import explore as explore_queries
from feed.queries import home_tabs as home_tab_queries
from feed.queries import ranking
from feed.queries import trends as trend_queries
from feed.serializers import explore as explore_serializers
from feed.serializers import posts as post_serializers


class TrendingPosts(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[CURSOR], responses=post_serializers.PostPage, operation_id="explore_posts_list")
    def get(self, request: Request) -> Response:
        """Posts that are talked about, the warmest first: those that most people answered lately."""
        page = trend_queries.trending_posts(request.user, request.query_params.get("cursor", ""))
        return paged(page, [post_serializers.post(post) for post in page.rows])


class TrendingTags(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[CURSOR], responses=explore_serializers.TrendingTagPage, operation_id="explore_tags_list")
    def get(self, request: Request) -> Response:
        """Hashtags that most people used lately."""
        page = trend_queries.trending_tags(request.user, request.query_params.get("cursor", ""))
        return paged(page, [explore_serializers.trending_tag(row) for row in page.rows])


class PeopleToFollow(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(
        parameters=[CURSOR], responses=explore_serializers.PeopleToFollow, operation_id="explore_people_list"
    )
    def get(self, request: Request) -> Response:
        """Whom you may like to follow, each with why. DELETE /api/v1/me/suggestions/{id} sends one away for good."""
        page = explore_queries.people_to_follow(request.user, request.query_params.get("cursor", ""))
        return paged(page, [explore_serializers.person_to_follow(person) for person in page.rows])


class ForYou(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(parameters=[CURSOR], responses=post_serializers.PostPage, operation_id="me_for_you_list")
    def get(self, request: Request) -> Response:
        """The newest of your home and what is talked about, ranked; /posts/{id}/why says by what."""
        page = ranking.for_you(request.user, request.query_params.get("cursor", ""))
        return paged(page, [post_serializers.post(post) for post in page.rows])


class HomeTab(APIView):
    scopes = scopes.Scopes(look=scopes.READ, change=scopes.WRITE)

    @extend_schema(responses=explore_serializers.HomeChoice, operation_id="me_home_retrieve")
    def get(self, request: Request) -> Response:
        return Response({"tab": home_tab_queries.chosen_tab(request.user)})

    @extend_schema(
        request=explore_serializers.HomeChoice, responses=explore_serializers.HomeChoice, operation_id="me_home_update"
    )
    def put(self, request: Request) -> Response:
        """Which home you meet first, on the pages."""
        given = checked(explore_serializers.HomeChoice(data=request.data))
        return Response({"tab": home_tab_actions.choose_tab(actor=request.user, **given)})


class Why(APIView):
    scopes = scopes.Scopes(look=scopes.READ)

    @extend_schema(responses=explore_serializers.Why, operation_id="post_why")
    def get(self, request: Request, id: int) -> Response:
        """Why this post comes before you: what brings it, and what moves it up in 'For you'."""
        _post, reasons = ranking.why(request.user, id)
        return Response({"reasons": [explore_serializers.reason(one) for one in reasons]})
