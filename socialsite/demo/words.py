"""What people of Willowbank write. The sentences stand in demo_assets/words and chats; here they are read and filled.

`{a|b}` is one of the two, `{n:2-9}` a number, `{who}` somebody's whole name, `{first}` a first name; the innermost
braces are filled first.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

ASSETS = Path(__file__).resolve().parent.parent / "demo_assets"
HOLE = re.compile(r"\{([^{}]*)\}")
FILLINGS: dict[str, tuple[str, ...]] = {
    "place": (
        "the old mill", "the boathouse", "the library", "the footbridge", "the bakery", "the station", "the weir",
        "the lower quay", "the orchard", "the market square", "the rowing club", "the school gate",
    ),
    "street": (
        "Ferry Lane", "Mill Street", "Heron Row", "Cooper's Yard", "Upper Quay", "Linden Street", "Weir Road",
        "Lantern Steps", "Orchard Close", "Bridge Street",
    ),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "March", "April", "June", "July", "September", "October", "December"),
    "year": ("1911", "1924", "1937", "1948", "1953", "1962", "1968", "1974", "1981", "1987"),
    "name_cat": ("Miso", "Admiral", "Pepper", "Toast", "Duchess", "Moth", "Inspector", "Noodle", "Mrs Grey", "Bandit"),
}  # fmt: skip


@dataclass
class Topic:
    """One thing that people write about."""

    name: str
    language: str = "en"
    pictures: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


@cache
def topics() -> dict[str, Topic]:
    return {path.stem: _topic(path) for path in sorted((ASSETS / "words").glob("*.txt"))}


def _topic(path: Path) -> Topic:
    head, *sections = re.split(r"^= ", path.read_text(), flags=re.M)
    topic = Topic(path.stem)
    for line in head.splitlines():
        name, _, value = line.partition(":")
        setattr(topic, name, value.strip() if name == "language" else value.split())
    for section in sections:
        kind, _, body = section.partition("\n")
        if kind == "post":
            topic.posts.append(body.strip())
        else:
            topic.comments += [line for line in body.splitlines() if line]
    return topic


@cache
def threads() -> list[list[tuple[str, str]]]:
    """Conversations of two, A and B, as (who, what)."""
    text = (ASSETS / "chats" / "threads.txt").read_text()
    return [
        [(line[0], line[3:]) for line in part.splitlines() if line] for part in text.split("= thread\n") if part.strip()
    ]


@cache
def last_words() -> list[str]:
    return (ASSETS / "chats" / "last.txt").read_text().splitlines()


@dataclass
class Newest:
    """A post of the last hours, the same in every community: what one sees first."""

    minutes_ago: int
    author: str
    topic: str
    audience: str
    warmth: int  # of a hundred who might react
    pictures: list[str]
    text: str
    comments: list[tuple[str, str]]


@cache
def newest() -> list[Newest]:
    found = []
    for part in re.split(r"^= ", (ASSETS / "newest.txt").read_text(), flags=re.M)[1:]:
        head, *lines = part.strip().splitlines()
        minutes, author, topic, audience, warmth, *shown = head.split()
        text = "\n".join(line for line in lines if " | " not in line)
        parts = [line.partition(" | ") for line in lines if " | " in line]
        answers = [(who, what) for who, _bar, what in parts]
        found.append(Newest(int(minutes), author, topic, audience, int(warmth), shown, text, answers))
    return found


def fill(rng: Random, template: str, people: dict[str, list[str]]) -> str:
    """A finished text; `people` has the names for {who} and {first}. The same hole twice is filled alike, but numbers
    are not."""
    filled: dict[str, str] = {}

    def one(hole: re.Match[str]) -> str:
        inside = hole[1]
        if inside.startswith("n:"):
            low, high = map(int, inside[2:].split("-"))
            return str(rng.randint(low, high))
        if inside not in filled:
            filled[inside] = rng.choice(inside.split("|") if "|" in inside else people.get(inside) or FILLINGS[inside])
        return filled[inside]

    while HOLE.search(template):
        template = HOLE.sub(one, template)
    return template


class Deck:
    """Deals cards in a mixed order and mixes anew when all are dealt, so that nothing comes back soon."""

    def __init__(self, rng: Random, cards: list[str]) -> None:
        self.rng, self.cards, self.left = rng, cards, list[str]()
        self.last = ""

    def deal(self) -> str:
        if not self.left:
            self.left = self.rng.sample(self.cards, len(self.cards))
            if len(self.left) > 1 and self.left[-1] == self.last:
                self.left.reverse()
        self.last = self.left.pop()
        return self.last
