"""How a card shows its poll; nothing here queries."""

from typing import Any

from django import template
from django.utils.translation import ngettext

from feed.models.posts import Post

register = template.Library()


@register.simple_tag
def poll_card(post: Post) -> dict[str, Any]:
    """The poll of a post as `queries` annotated it for the viewer: a row for each choice, its share of the voters where
    the viewer sees it."""
    poll = post.poll
    mine = post.my_vote or []  # type: ignore[attr-defined]
    return {
        "rows": [
            {
                "place": place,
                "text": text,
                "percent": share(votes, poll.voters_count),
                "said": votes_said(votes),
                "is_mine": place in mine,
            }
            for place, (text, votes) in enumerate(zip(poll.choices, poll.votes, strict=True))
        ],
        "results": post.sees_results,  # type: ignore[attr-defined]
        "is_over": poll.is_over(),
        "is_multiple": poll.is_multiple,
        "ends_at": poll.ends_at,
        "voters": votes_said(poll.voters_count) if not poll.is_multiple else voters_said(poll.voters_count),
    }


def share(votes: int, voters: int) -> int:
    """In whole hundredths."""
    return round(100 * votes / voters) if voters else 0


def votes_said(number: int) -> str:
    return ngettext("%(n)s vote", "%(n)s votes", number) % {"n": number}


def voters_said(number: int) -> str:
    return ngettext("%(n)s person voted", "%(n)s people voted", number) % {"n": number}
