"""What all REST doors of the feed share."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import request as rest_request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.models.people import User
from core import limits
from feed.actions import reactions as reaction_actions


class Request(rest_request.Request):
    """`user` is a member: the permission of every view sees to it, and the actions again."""

    user: User


class AnswerView(APIView):
    """Reactions and votes: quick to give, and told to all who watch."""

    def initial(self, request: rest_request.Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        limits.check(reaction_actions.ANSWERING, request.user.pk)


CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


def checked(form: BaseSerializer) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def with_keys(given: dict[str, Any]) -> dict[str, Any]:
    """Pictures as the actions take them: keys, and beside them what they show."""
    if "pictures" in given:
        rows = given.pop("pictures")
        given |= {"pictures": [row["key"] for row in rows], "alts": [row["alt"] for row in rows]}
    return given


def reactions(row: Any, mine: str | None) -> dict[str, Any]:
    return {"reactions": row.reactions, "reactions_count": row.reactions_count, "my_reaction": mine}
