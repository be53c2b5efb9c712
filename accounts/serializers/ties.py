"""Mutes, lists and suggestions as JSON."""

from typing import Any

from django.utils.translation import ngettext
from rest_framework import serializers

from accounts.models.lists import NAME_LENGTH, PeopleList
from accounts.models.mutes import WORD_LENGTH, Mute, MutedWord, Span
from accounts.models.people import User
from accounts.serializers import people as people_serializers


def mute(row: Mute) -> dict[str, Any]:
    return {"person": people_serializers.person(row.muted), "until": row.until}


def word(row: MutedWord) -> dict[str, Any]:
    return {"id": row.pk, "phrase": row.phrase, "until": row.until}


def people_list(row: PeopleList) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "people": getattr(row, "people_count", None)}


def suggestion(user: User) -> dict[str, Any]:
    common = getattr(user, "common_friends", 0)
    why = ngettext("%(n)s friend in common", "%(n)s friends in common", common) % {"n": common}
    return {**people_serializers.person(user), "common_friends": common, "why": why}


class SpanIn(serializers.Serializer[Any]):
    span = serializers.ChoiceField(choices=Span.choices, default=Span.EVER, help_text="How long it holds.")


class WordIn(SpanIn):
    phrase = serializers.CharField(max_length=WORD_LENGTH)


class MuteOut(serializers.Serializer[Any]):
    person = people_serializers.Person()
    until = serializers.DateTimeField(allow_null=True, help_text="Null: for ever.")


class MutePage(serializers.Serializer[Any]):
    results = MuteOut(many=True)
    next = serializers.CharField(allow_null=True)


class WordOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    phrase = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null: for ever.")


class WordPage(serializers.Serializer[Any]):
    results = WordOut(many=True)
    next = serializers.CharField(allow_null=True)


class ListIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_LENGTH)


class ListOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    people = serializers.IntegerField(allow_null=True, help_text="How many are on it; null where it is not counted.")


class Lists(serializers.Serializer[Any]):
    """All of them: there are 50 at most."""

    results = ListOut(many=True)
    next = serializers.CharField(allow_null=True)


class SuggestionOut(people_serializers.Person):
    common_friends = serializers.IntegerField()
    why = serializers.CharField(help_text="In words, in the reader's language.")


class Suggestions(serializers.Serializer[Any]):
    """The 20 best; there are no more pages."""

    results = SuggestionOut(many=True)
    next = serializers.CharField(allow_null=True)
