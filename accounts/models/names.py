"""By what words members are found."""

import re
from collections.abc import Iterator

from django.db import models
from django.db.models import F, Q

from accounts.models.people import User
from core import folding

MOST = 120  # letters of a folded name: some signs unfold into many
APOSTROPHES = str.maketrans("", "", "'’‘ʼʻ`´ʹ＇")
HYPHENS = str.maketrans("", "", "-‐‑–·・")
# Korean names stand without a space between family and given name, other than words in Korean texts.
UNSPACED = rf"(?:{folding.UNSPACED.pattern}|[\uac00-\ud7a3])"
RUNS = re.compile(rf"(?P<signs>{UNSPACED}+)|\d+|(?:(?!{UNSPACED})[^\d ])+")


class NamePart(models.Model):
    """How a word of `person`'s name or handle begins, with the keys by which people are sorted: one index answers who
    has such a word, in order. Made of the member's row, by actions.names alone."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="name_parts", db_index=False)
    part = models.CharField(max_length=MOST)
    created_at = models.DateTimeField()
    name_key = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "part"], name="name_part_once")]
        indexes = [
            models.Index(fields=["part", "-created_at", "-person"], name="name_part_newest"),
            models.Index(fields=["part", "name_key", "person"], name="name_part_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.part}: {self.person_id}"


def stale() -> Q:
    """Members whose parts are not (yet) made of what they are called now."""
    return ~Q(parts_name=F("display_name"), parts_handle=F("handle"))


def parts(name: str, handle: str) -> set[str]:
    """All beginnings of all words: "O'Brien" begins like "O", "Brien" and "OBrien", "anna_2" like "anna" and "2". Where
    no spaces are set between words: every sign, and every two that stand together."""
    found: set[str] = set()
    plain = name.translate(APOSTROPHES)
    for text in (name, plain, plain.translate(HYPHENS), handle):
        for run, signs in _runs(text):
            if signs:
                found.update(run, _pairs(run))
            else:
                found.update(run[:end] for end in range(1, len(run) + 1))
    return found


def asked(words: str) -> set[str]:
    """The parts that a member must have to be found by these words."""
    found: set[str] = set()
    for run, signs in _runs(words.translate(APOSTROPHES)):
        found.update(_pairs(run) if signs and len(run) > 1 else [run])
    return found


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Letters, digits or signs that stand together, and whether these are signs of a script without spaces."""
    for run in RUNS.finditer(folding.fold(text)[:MOST]):
        yield run[0], run["signs"] is not None


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]
