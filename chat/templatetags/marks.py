"""How a line shows its poll; nothing here queries."""

from typing import Any

from django import template
from django.utils.translation import ngettext

from chat.models.polls import Poll
from chat.queries.messages import Line

register = template.Library()


@register.simple_tag
def poll_card(line: Line) -> dict[str, Any]:
    """A row for each choice, with its share of the voters."""
    poll = Poll(line.message.data or {})
    return {
        "rows": [
            {
                "place": place,
                "text": text,
                "percent": round(100 * votes / poll.voters) if poll.voters else 0,
                "said": ngettext("%(n)s vote", "%(n)s votes", votes) % {"n": votes},
                "is_mine": place in line.own.vote,
            }
            for place, (text, votes) in enumerate(zip(poll.choices, poll.votes, strict=True))
        ],
        "is_over": poll.is_over,
        "is_multiple": poll.is_multiple,
        "is_anonymous": poll.is_anonymous,
        "ends_at": poll.ends_at,
        "voters": ngettext("%(n)s person voted", "%(n)s people voted", poll.voters) % {"n": poll.voters},
    }
