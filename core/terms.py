"""Words of texts as a full-text index keeps them, and what somebody looks for as its query: PostgreSQL's tsquery and
SQLite's FTS5 over the same terms.

A term is a folded word. Where no spaces are set between words it is two signs that stand together, and the last sign of
a run, so that any piece of such a text is found. A mark is a term that no text has: whose it is, where it stands.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core import folding

LONGEST = 60  # letters of a term
BEGINS = 4  # letters from which on a word that is looked for may be the beginning of a longer one
MOST = 8  # words that are looked for
MARK = "\ue000"  # for private use: folding leaves none of them in a text
UNSPACED = rf"(?:{folding.UNSPACED.pattern})"
RUNS = re.compile(rf"(?P<signs>{UNSPACED}+)|(?:(?!{UNSPACED})[^ ])+")
# SQLite takes the terms as they are: what is a letter was decided when they were made.
FTS5 = "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* So Co'\""


def mark(name: str, value: int | str = "") -> str:
    return f"{MARK}{name}{value}"


def terms(text: str) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(_terms(text)))


def _terms(text: str) -> Iterator[str]:
    for run, signs in _runs(text):
        if signs:
            yield from _pairs(run)
            yield run[-1]
        else:
            yield run[:LONGEST]


@dataclass(frozen=True)
class Wanted:
    """What is looked for: every word, and of each set of marks at least one. Empty when there is nothing in it that
    could be found."""

    words: tuple[str, ...]
    marks: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.marks)

    def tsquery(self) -> str:
        every = [f"'{word}'{':*' if begins(word) else ''}" for word in self.words]
        return " & ".join([*every, *(_any((f"'{mark}'" for mark in marks), "|") for marks in self.marks)])

    def fts5(self) -> str:
        every = [f'"{word}"{"*" if begins(word) else ""}' for word in self.words]
        return " AND ".join([*every, *(_any((f'"{mark}"' for mark in marks), "OR") for marks in self.marks)])


def wanted(phrase: str, *marks: Iterable[str]) -> Wanted:
    words: list[str] = []
    for run, signs in _runs(phrase):
        words += _pairs(run) if signs and len(run) > 1 else [run[:LONGEST]]
    return Wanted(tuple(dict.fromkeys(words))[:MOST], tuple(tuple(one) for one in marks))


def begins(word: str) -> bool:
    """Whether longer words that begin so are found as well. One sign of a script without spaces begins a pair."""
    return len(word) >= BEGINS or (len(word) == 1 and bool(folding.UNSPACED.match(word)))


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    for run in RUNS.finditer(folding.fold(text)):
        yield run[0], run["signs"] is not None


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _any(marks: Iterable[str], word: str) -> str:
    return f"({f' {word} '.join(marks)})"
