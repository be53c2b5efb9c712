"""Who lives in Willowbank."""

import re
import unicodedata
from dataclasses import dataclass, field
from random import Random

from socialsite.demo import words

DOMAIN = "willowbank.example"


@dataclass
class Person:
    """`fame` is how much others look at what this person does; `talk` how much they write."""

    handle: str
    name: str
    bio: str = ""
    topics: list[str] = field(default_factory=list)
    language: str = ""
    portrait: str = ""
    fame: float = 1.0
    talk: float = 1.0

    @property
    def email(self) -> str:
        return f"{self.handle}@{DOMAIN}"

    @property
    def is_man(self) -> bool:
        return self.first in NAMES["men"]

    @property
    def first(self) -> str:
        return self.name.split()[0]


def _known() -> list[Person]:
    made = []
    for line in (words.ASSETS / "people.txt").read_text().splitlines():
        handle, name, bio, topics = (part.strip() for part in line.split(" | "))
        made.append(Person(handle, name, bio, topics.split(), portrait=re.split(r"[._]", handle)[0]))
    return made


# The ones everybody knows. The first three can be signed in as: member, moderator, admin.
KNOWN = _known()
SECTIONS = re.findall(r"^= ([\w ]+)\n(.*?)(?=^= |\Z)", (words.ASSETS / "names.txt").read_text(), re.M | re.S)
NAMES = {title: body.split() for title, body in SECTIONS}
BIOS = dict(SECTIONS)["bios"].splitlines()


def plain(text: str) -> str:
    """Letters and digits of a name, without what a handle cannot have."""
    text = text.replace("Đ", "D").replace("đ", "d").replace("ł", "l").replace("ø", "o").replace("ı", "i")
    flat = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in flat if letter.isalnum())


def make(rng: Random, count: int) -> list[Person]:
    """The known ones and as many others as it takes."""
    made = _known()[:count]
    for place, person in enumerate(made):
        person.fame, person.talk = 9 - place * 0.3, 4 - place * 0.12
    taken = {person.handle for person in made} | {person.name for person in made}
    usual = [name for name, topic in words.topics().items() if topic.language == "en"]
    names = {"who": [person.name for person in KNOWN], "first": [person.first for person in KNOWN]}
    while len(made) < count:
        language = rng.choices(["", "vi", "th"], [86, 9, 5])[0]
        firsts, lasts = (NAMES[f"{part} {language}".strip()] for part in ("first", "last"))
        name = f"{rng.choice(firsts)} {rng.choice(lasts)}"
        if name in taken:
            if len(made) < 600 and language == "":
                continue
            name = f"{name.split()[0]} {rng.choice(lasts)}-{rng.choice(lasts)}"
        handle = _handle(rng, name, taken)
        taken |= {name, handle}
        topics = rng.sample(usual, rng.randint(2, 5))
        if language:
            topics.insert(0, {"vi": "vietnamese", "th": "thai"}[language])
        bio = words.fill(rng, rng.choice(BIOS), names) if rng.random() < 0.7 else ""
        rank = len(made)
        made.append(
            Person(
                handle,
                name,
                bio,
                topics,
                language,
                fame=40 / (rank + 6),
                talk=rng.paretovariate(1.6) if rng.random() < 0.85 else 0.0,
            )
        )
    return made


def _handle(rng: Random, name: str, taken: set[str]) -> str:
    first, last = plain(name.split()[0]), plain(name.split()[1])
    wishes = [first, f"{first}.{last}", f"{first}{last[:1]}", f"{first}_{last}", f"{last}{first[:2]}"]
    rng.shuffle(wishes)
    wishes += [f"{first}.{last}{number}" for number in range(2, 2000)]
    return next(wish[:30] for wish in wishes if len(wish) > 2 and wish[:30] not in taken)
