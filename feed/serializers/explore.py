"""What there is to find, as JSON; and the sentences of 'why am I seeing this'."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext
from rest_framework import serializers

from accounts.serializers import people as accounts_serializers
from core import text
from feed.models.sources import HomeTab
from feed.models.trends import TagTrend


@dataclass(frozen=True)
class Reason:
    """One sentence of 'why am I seeing this'. `brings`: it puts the post before the viewer; otherwise it stands higher
    for it in 'For you'."""

    kind: str
    brings: bool = False
    count: int = 0
    name: str = ""


def trending_tag(row: TagTrend) -> dict[str, Any]:
    """As `queries` annotated it."""
    name = row.source.name or ""
    return {
        "name": name,
        "url": text.tag_url(name),
        "people": row.people,  # type: ignore[attr-defined]
        "followed": row.is_followed,  # type: ignore[attr-defined]
    }


def person_to_follow(person: Any) -> dict[str, Any]:
    return {**accounts_serializers.person(person), "follows_you": person.follows_viewer, "why": why_suggested(person)}


def why_suggested(person: Any) -> str:
    """The strongest reason, in a few words."""
    friends, followed = person.common_friends, person.followed_in_common
    if friends:
        return ngettext("%(n)s friend in common", "%(n)s friends in common", friends) % {"n": friends}
    if followed:
        words = ngettext("Followed by %(n)s whom you follow", "Followed by %(n)s whom you follow", followed)
        return words % {"n": followed}
    if person.is_noted:
        return gettext("Their post is talked about")
    return gettext("Many follow them") if person.followers_count else ""


def sentence(reason: Reason) -> str:
    """One of the reasons of `queries.ranking`, in plain words."""
    n = reason.count
    match reason.kind:
        case "yours":
            return gettext("It is yours.")
        case "follows":
            return gettext("You follow %(name)s.") % {"name": reason.name}
        case "tag":
            return gettext("It carries #%(name)s, which you follow.") % {"name": reason.name}
        case "trending":
            return gettext("People here talk about it.")
        case "friend":
            return gettext("You are friends.")
        case "reacted":
            words = "You reacted to %(n)s of their posts in the last three months."
            return ngettext("You reacted to a post of theirs in the last three months.", words, n) % {"n": n}
        case "said":
            words = "You wrote %(n)s comments under their posts in the last three months."
            return ngettext("You wrote a comment under their posts in the last three months.", words, n) % {"n": n}
        case "people":
            words = "About %(n)s people reacted or wrote a comment lately."
            return ngettext("About one person reacted or wrote a comment lately.", words, n) % {"n": n}
        case _:
            return gettext("It is new.")


def reason(row: Reason) -> dict[str, Any]:
    return {"kind": row.kind, "brings": row.brings, "text": sentence(row)}


class TrendingTagOut(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Folded: without case and accents.")
    url = serializers.CharField()
    people = serializers.IntegerField(help_text="About how many used it lately: those of yesterday count half.")
    followed = serializers.BooleanField(help_text="By you.")


class TrendingTagPage(serializers.Serializer[Any]):
    results = TrendingTagOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")


class PersonToFollow(accounts_serializers.Person):
    follows_you = serializers.BooleanField()
    why = serializers.CharField(help_text="In a few words, in your language.")


class PeopleToFollow(serializers.Serializer[Any]):
    results = PersonToFollow(many=True)
    next = serializers.CharField(allow_null=True, help_text="Pass it back as ?cursor= for what follows.")


class ReasonOut(serializers.Serializer[Any]):
    kind = serializers.CharField(
        help_text="yours, follows, tag, trending (these bring it); friend, reacted, said, people, new (these raise it)."
    )
    brings = serializers.BooleanField(help_text="It puts the post before you; if not, it stands higher in 'For you'.")
    text = serializers.CharField(help_text="A sentence in your language.")


class Why(serializers.Serializer[Any]):
    reasons = ReasonOut(many=True)


class HomeChoice(serializers.Serializer[Any]):
    tab = serializers.ChoiceField(choices=HomeTab.choices, help_text="Which home you meet first on the pages.")
