"""The pictures people show: painted by code, prepared once as uploads are, given to every upload that shows one."""

import io
import os
import re
import tempfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from PIL import Image

from socialsite.demo import drawing, interiors, scenes, words
from uploads import decode, magic, storage

WIDTH = 1200
PORTRAIT_WIDTH = 512
LOOKS_EACH = 11
MEN = ["arjun", "chidi", "kofi", "mateo", "tomasz", "wei", "yusuf"]

# What they show, for those who do not see them.
ALTS = {
    "art:beachfire": "Friends around a fire on the beach, the sun going down behind the hills",
    "art:bread": "A dark loaf on a wooden board with a knife",
    "art:cat": "A black cat at a window, rain outside",
    "art:choir": "A choir of many colours on a small stage",
    "art:garden": "Raised beds and two people at work",
    "art:harbour": "Sailing boats at sunset, a lighthouse behind them",
    "art:lake": "Two people on a jetty at dawn",
    "art:lanterns": "Paper lanterns drifting under a bridge at night",
    "art:map": "A hand-drawn map: the river, the path dotted along it, three pins",
    "art:market": "Stalls with fruit under coloured awnings on the square",
    "art:noodles": "A bowl of noodles with an egg, herbs and lime",
    "art:plots": "Allotments in rows behind a white fence",
    "art:pottery": "Pots, cups and vases on two shelves",
    "art:rivertown": "The river and the old houses in the afternoon",
    "art:terraces": "Green terraces with three people far away",
    "art:trail": "Three people on a path between tall trees",
    "art:workshop": "A red bicycle in front of a wall of tools",
    "hills:dawn": "Hills one behind the other in pink morning light",
    "hills:noon": "Green hills and dark firs under a clear sky",
    "hills:dusk": "Hills in violet, the sun just gone",
    "hills:autumn": "Orange hills in late light",
    "hills:snow": "Snow falling on hills and firs",
    "hills:night": "Stars and a bright moon over dark hills",
    "town:night": "Lit windows along the river at night",
    "town:day": "Coloured houses and three small boats on the river",
    "meadow:poppies": "A meadow full of red and orange poppies",
    "meadow:lavender": "A meadow in all shades of violet",
    "meadow:daisies": "White daisies up to the trees",
    "meadow:cosmos": "Pink flowers in a green meadow",
    "reeds:morning": "A heron among reeds, morning sun on the water",
    "reeds:grey": "A heron among reeds on a grey day",
    "reeds:evening": "A heron among reeds under a red sky",
    "bus_stop:rain": "A red bus at the stop in the rain",
    "bus_stop:sun": "A green bus at the stop in the evening sun",
    "bus_stop:school": "The yellow school bus, full of faces",
    "pitch:derby": "The football pitch from above, red against white",
    "pitch:training": "The football pitch from above, yellow against blue",
    "kites:blue": "Kites high in a blue sky over a row of people",
    "kites:gold": "Kites in an orange evening sky",
    "bowl:curry": "A bowl of yellow curry from above",
    "bowl:salad": "A large bowl of salad with everything in it",
    "bowl:berries": "A bowl of berries on yoghurt",
    "bowl:soup": "A red soup with herbs and white beans",
    "bowl:rice": "Rice with vegetables in a red-rimmed bowl",
    "quilt:warm": "A patchwork in reds and yellows",
    "quilt:river": "A patchwork in blues and greens",
    "quilt:garden": "A patchwork in garden colours",
    "quilt:plum": "A patchwork in plum and rose",
    "chart:rain": "Felt-pen bars: rain at the weir by the week",
    "chart:loaves": "Felt-pen steps: loaves until one rose",
    "chart:bus": "A felt-pen line that climbs: how late the 14 was",
    "chart:lanterns": "Felt-pen bars: more lanterns nearly every year",
    "shelf:warm": "A full bookshelf in warm colours, plants between the books",
    "shelf:cool": "A full bookshelf in blues and greys",
    "shelf:dark": "A bookshelf on a dark wall",
    "jars:jam": "Two shelves of jam in all shades of red",
    "jars:pickles": "Two shelves of pickles",
    "jars:honey": "Two shelves of honey, light to dark",
    "window:rain": "Rain on a window, a plant and a steaming cup on the sill",
    "window:frost": "A frosty window, a plant and a steaming cup on the sill",
    "window:evening": "Evening sky and lit houses through a window",
    "leaves:autumn": "Autumn leaves and mushrooms laid out in rows",
    "leaves:spring": "Spring leaves and mushrooms laid out in rows",
    "leaves:woods": "Leaves and mushrooms from the woods laid out in rows",
}
PAINTERS: dict[str, Callable[[Random, str], Image.Image]] = {
    name: getattr(module, name)
    for module, names in (
        (scenes, ("hills", "town", "meadow", "reeds", "bus_stop", "pitch", "kites")),
        (interiors, ("bowl", "quilt", "chart", "shelf", "jars", "window", "leaves")),
    )
    for name in names
}
# Skin, and the colours of hair that go with it.
LOOKS = [
    ("#f6d3b8", ["#3a2a22", "#7a4a2a", "#b5502a", "#d9a860", "#8c8c8c", "#241a18"]),
    ("#eab98f", ["#241a18", "#4a3023", "#7a4a2a", "#8c8c8c"]),
    ("#d69a6c", ["#1d1412", "#33221b", "#55382a"]),
    ("#b57a4e", ["#17100e", "#2b1c16", "#6b6660"]),
    ("#8a5635", ["#17100e", "#231714", "#4a4542"]),
    ("#5f3a26", ["#120c0b", "#1d1412", "#4a4542"]),
]
CLOTHES = ["#1d6f58", "#c2553b", "#2f5b74", "#e0a23c", "#6a4c80", "#5f6f3f", "#3d4652", "#a84a7c", "#7a4b3a", "#efe6d8"]
GROUNDS = [
    ("#f4c9a2", "#f9e2c4"),
    ("#bcd9c6", "#d5e8d8"),
    ("#d8cae6", "#e9e0f0"),
    ("#c9d7aa", "#dfe8c9"),
    ("#a9c8dc", "#cde0ea"),
    ("#f0c36b", "#f8dea5"),
    ("#e9bfc0", "#f3d9d8"),
    ("#a6d2cc", "#c9e5e0"),
    ("#d6c8b4", "#e6ddcf"),
    ("#f2bfae", "#f8dacf"),
]


@dataclass(frozen=True)
class Prepared:
    """One picture as the pipeline left it: its files in a folder, its facts for the row."""

    folder: Path
    facts: magic.Facts
    width: int
    height: int
    color: str
    variants: dict[str, dict[str, int]]


def paint(name: str, seed: int) -> Image.Image:
    kind, _, mood = name.partition(":")
    if kind in ("art", "cover"):
        return drawing.paint_svg(words.ASSETS / "art" / f"{mood}.svg", WIDTH)
    if kind == "portrait":
        base, _, number = mood.partition("-")
        source = (words.ASSETS / "portraits" / f"{base}.svg").read_text()
        colors = another_look(source, Random(f"{seed} {name}")) if number else {}
        return drawing.paint_svg(source, PORTRAIT_WIDTH, colors)
    return PAINTERS[kind](Random(f"{seed} {name}"), mood)


def portraits(*, men: bool) -> list[str]:
    """Names of the portraits of those whom not everybody knows: the same drawings in other colours."""
    bases = MEN if men else sorted({path.stem for path in (words.ASSETS / "portraits").glob("*.svg")} - set(MEN))
    return [f"portrait:{base}-{number}" for number in range(1, LOOKS_EACH + 1) for base in bases]


def another_look(source: str, rng: Random) -> dict[str, str]:
    """Other colours for ground, clothes, skin and hair of a portrait."""
    parts = {
        "ground": r'<rect[^>]*fill="([^"]+)"',
        "light": r'<circle[^>]*fill="([^"]+)"',
        "clothes": r'd="M14 96[^"]*" fill="([^"]+)"',
        "skin": r'<ellipse cx="48" cy="4\d(?:\.\d)?"[^>]*fill="([^"]+)"',
    }
    found = {name: match[1] for name, pattern in parts.items() if (match := re.search(pattern, source))}
    features = {"#000", "#fff", "none", "#2a1d18", "#e0604a", "#7a2f28", "#f2c6b6"}
    others = [color for color in re.findall(r'fill="([^"]+)"', source) if color not in {*found.values(), *features}]
    tone, hairs = rng.choice(LOOKS)
    new_ground, new_light = rng.choice(GROUNDS)
    news = {"ground": new_ground, "light": new_light, "clothes": rng.choice(CLOTHES), "skin": tone}
    made = {color: news[name] for name, color in found.items()}
    for color in dict.fromkeys(others):
        red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
        natural = max(red, green, blue) < 0x60 or (red >= green >= blue and red - blue < 0xA8)
        # What is no colour of hair is a cap, a scarf, a turban.
        made[color] = rng.choice(hairs) if natural else rng.choice(CLOTHES)
    return made


def prepare(names: list[str], seed: int, folder: Path) -> Iterator[tuple[str, Prepared]]:
    """Paints and prepares them, a few at a time."""
    with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        yield from zip(names, pool.map(lambda name: _prepare(name, seed, folder), names), strict=True)


def _prepare(name: str, seed: int, folder: Path) -> Prepared:
    """The way of every upload: looked at by its first bytes, decoded and made smaller; only the child process that
    guards against evil pictures is left out, because we painted this one."""
    place = folder / name.replace(":", "-")
    place.mkdir()
    kind = ("PNG", {}) if name.startswith("portrait:") else ("JPEG", {"quality": 90})
    buffer = io.BytesIO()
    paint(name, seed).save(buffer, kind[0], **kind[1])
    facts = magic.inspect(buffer, max_bytes=settings.MAX_IMAGE_BYTES, max_pixels=settings.MAX_IMAGE_PIXELS)
    (place / "original").write_bytes(buffer.getvalue())
    made = decode.prepare(
        {
            "source": str(place / "original"),
            "folder": str(place),
            "kind": facts.type,
            "sizes": list(storage.SIZES),
            "max_pixels": settings.MAX_IMAGE_PIXELS,
            "max_frames": 1,
            "max_motion": 1,
            "shape": 3 if name.startswith("cover:") else None,
        }
    )
    return Prepared(place, facts, made["width"], made["height"], made["color"], made["variants"])


def working_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="demo-", dir=settings.FILE_UPLOAD_TEMP_DIR)


def place(key: uuid.UUID, prepared: Prepared) -> None:
    """Puts the files where an upload with this key has them. On our own disk all copies are one file by many names:
    storage never writes into a file that is there, and removing one name leaves the others."""
    for size in prepared.variants:
        name, source = storage.variant(key, size), prepared.folder / f"{size}.webp"
        if isinstance(default_storage, FileSystemStorage):
            target = Path(default_storage.path(name))
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
                continue
            except OSError:  # another disk
                target.unlink(missing_ok=True)
        with source.open("rb") as file:
            storage.keep(name, file)
