"""What the people of Willowbank tell about themselves, and what hangs over their profiles."""

from random import Random

from accounts.models.fields import FieldKind, ProfileField
from accounts.models.people import User
from accounts.models.relations import Audience
from socialsite.demo.people import KNOWN, Person

Told = list[tuple[str, str, str, str]]  # kind, label, value, audience

COVERS = [
    "terraces", "rivertown", "harbour", "lake", "lanterns", "market", "plots", "garden", "trail", "beachfire",
    "workshop",
]  # fmt: skip
PLACES = [
    "Mill Lane", "Old Town", "By the weir", "Upper Willowbank", "Station Road", "The Wharf", "Lantern Street",
    "Behind the church",
]  # fmt: skip
PRONOUNS = {True: ["he/him", "he/him", "he/they"], False: ["she/her", "she/her", "she/they"]}
OWN = [
    ("Plays", ["the accordion", "bass, badly", "second violin", "football on Sundays"]),
    ("Speaks", ["English, Vietnamese", "English, Thai", "English, Polish, some Welsh", "mostly to cats"]),
    ("Reading", ["“The Wind in the Willows”, again", "timetables", "whatever the library throws out"]),
    ("Can lend", ["a ladder", "a sewing machine", "a trailer", "two hands"]),
    ("Allergic to", ["mornings", "hazelnuts", "leaf blowers"]),
]
OPEN = [Audience.PUBLIC, Audience.MEMBERS, Audience.MEMBERS]
NARROW = [Audience.FOLLOWERS, Audience.FRIENDS, Audience.CLOSE_FRIENDS, Audience.ONLY_ME]


def covers(rng: Random, everybody: list[Person]) -> list[str]:
    """Those known have one, and some of the others; nobody is their neighbour's double."""
    return [
        f"cover:{COVERS[place % len(COVERS)]}" if place < len(KNOWN) or rng.random() < 0.25 else ""
        for place, _one in enumerate(everybody)
    ]


def tell(rng: Random, everybody: list[Person]) -> list[Told]:
    return [_of(rng, one, known=place < len(KNOWN)) for place, one in enumerate(everybody)]


def _of(rng: Random, one: Person, *, known: bool) -> Told:
    told: Told = []
    if known or rng.random() < 0.4:
        told.append((FieldKind.PRONOUNS, "", rng.choice(PRONOUNS[one.is_man]), rng.choice(OPEN)))
    if known or rng.random() < 0.5:
        told.append((FieldKind.LOCATION, "", rng.choice(PLACES), rng.choice([*OPEN, Audience.FOLLOWERS])))
    if rng.random() < 0.5:
        year = f"{rng.randint(1948, 2004)}" if rng.random() < 0.5 else "-"
        birthday = f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        told.append((FieldKind.BIRTHDAY, "", birthday, rng.choice(NARROW)))
    if known or rng.random() < 0.2:
        host = one.handle.replace("_", "").replace(".", "")
        told.append((FieldKind.LINK, "", f"https://{host}.example/", rng.choice(OPEN)))
        if rng.random() < 0.4:
            told.append((FieldKind.LINK, "The choir", "https://choir.willowbank.example/", Audience.MEMBERS))
    for label, values in rng.sample(OWN, rng.choice([0, 1, 2, 3] if known else [0, 0, 1])):
        told.append((FieldKind.OWN, label, rng.choice(values), rng.choice([*OPEN, *NARROW[:3]])))
    return told


def write(told: list[Told], users: list[User]) -> None:
    ProfileField.objects.bulk_create(
        [
            ProfileField(person=user, kind=kind, label=label, value=value, audience=audience, position=position)
            for user, fields in zip(users, told, strict=True)
            for position, (kind, label, value, audience) in enumerate(fields)
        ],
        2000,
    )
