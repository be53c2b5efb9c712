"""Texts that name very many: a post and a comment cost no more for it, and tell a bounded number."""

from typing import Any

import pytest

from accounts.tests.factories import Cast, make_user
from core import text
from feed.actions import comments as comment_actions
from feed.actions import posts as post_actions
from feed.models.comments import COMMENT_LIMIT
from feed.models.posts import TEXT_LIMIT
from feed.models.sources import Filing, SourceKind

pytestmark = [pytest.mark.django_db, pytest.mark.both]
FLOODS = ["@m{} ", "#m{} ", "@m{}", "#m{}#", "@m{},#m{} ", "[@m{}](https://m{}.example) ", "> @m{}\n> "]


def flood(shape: str, limit: int) -> str:
    """As many as there is room for; ten thousand of the shortest fill more than a post takes."""
    return "".join(shape.format(number, number) for number in range(10_000))[:limit]


@pytest.mark.parametrize("shape", FLOODS)
def test_ten_thousand_names_in_one_text_cost_what_few_do(
    cast: Cast, shape: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        make_user(f"m{number}")
    few, many = "@m1 #m1 https://m.example", flood(shape, TEXT_LIMIT)
    begun = post_actions.create_post(actor=cast.alice, text=few)
    with django_assert_max_num_queries(60):
        made = post_actions.create_post(actor=cast.alice, text=many)
        comment_actions.comment(actor=cast.alice, post_id=begun.pk, text=flood(shape, COMMENT_LIMIT))
    assert len(text.mentions(made.text)) <= text.MENTIONS_LIMIT
    under = Filing.objects.filter(post=made, source__kind=SourceKind.TAG)
    assert under.count() <= text.HASHTAGS_LIMIT
    assert made.html.count("<a ") <= TEXT_LIMIT // 10
    assert len(made.html) < 60 * TEXT_LIMIT
