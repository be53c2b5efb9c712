"""The one film of Willowbank: a slow look along the lanterns on the river, with captions in two languages. Made by
code, prepared as every video is."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models.people import User
from accounts.models.relations import Audience
from feed.actions import posts
from feed.models.posts import Post
from socialsite.demo import pictures
from socialsite.demo.plan import Plan
from uploads import child, magic, storage
from uploads.actions import captioning
from uploads.models import Stored, Upload

SCENE, SIZE, SECONDS, FPS = "art:lanterns", (640, 360), 6, 12
TEXT = "Last night on the river. I held the camera as still as I could. #willowbank"
ALT = "Paper lanterns drift under a bridge at night, the camera moving slowly along with them"
CAPTIONS = {
    "en": "WEBVTT\n\n00:00.500 --> 00:02.800\nThere they go.\n\n00:03.200 --> 00:05.800\nThe red one is ours!\n",
    "vi": "WEBVTT\n\n00:00.500 --> 00:02.800\nChúng trôi kìa.\n\n00:03.200 --> 00:05.800\nCái đỏ là của nhà mình!\n",
}


@dataclass(frozen=True)
class Film:
    """One that is prepared: its files in `folder`, and what its row says."""

    folder: Path
    variants: dict[str, Any]
    renditions: dict[str, Any]
    says: dict[str, Any]


def prepare(seed: int, folder: Path) -> Film:
    place = folder / "film"
    place.mkdir()
    _shoot(seed, place / "original")
    with (place / "original").open("rb") as file:
        facts = magic.inspect(file, max_bytes=settings.MAX_VIDEO_BYTES, max_pixels=settings.MAX_IMAGE_PIXELS)
    job = {"kind": facts.type, "max_seconds": settings.MAX_VIDEO_SECONDS, "max_pixels": settings.MAX_IMAGE_PIXELS}
    seen = child.step(place, "probe", told=_nobody, **job)
    child.step(place, "poster", told=_nobody, facts=seen, **job)
    poster = child.run(place, kind="image/png", max_pixels=settings.MAX_IMAGE_PIXELS, source="poster.png")
    made = child.step(place, "480p", told=_nobody, facts=seen, **job)
    says = {name: seen[name] for name in ("medium", "width", "height", "duration", "codec")}
    says |= {"type": facts.type, "bytes": facts.bytes, "sha256": facts.sha256, "color": poster.color}
    return Film(place, poster.variants, {"480p": made}, says)


def _shoot(seed: int, path: Path) -> None:
    """From left to right over a painted scene, twice as wide as what one sees of it."""
    import av

    wide, high = SIZE
    scene = pictures.paint(SCENE, seed).convert("RGB")
    scene = scene.resize((wide * 2, round(scene.height * wide * 2 / scene.width)))
    top, frames = scene.height - high, SECONDS * FPS  # where the water is
    with av.open(str(path), "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = wide, high, "yuv420p"
        for number in range(frames):
            left = round(wide * number / (frames - 1))
            frame = av.VideoFrame.from_image(scene.crop((left, top, left + wide, top + high)))
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())


def place(film: Film) -> uuid.UUID:
    """Puts its files into storage; the row is still to be saved."""
    key = uuid.uuid4()
    Stored.objects.create(key=key)
    for name in (*film.variants, *film.renditions):
        with (film.folder / f"{name}.{storage.ending(name)}").open("rb") as file:
            storage.keep(storage.variant(key, name), file)
    return key


def write(made: Plan, users: list[User], film: Film, key: uuid.UUID) -> None:
    author, at = users[0], made.now - timedelta(minutes=50)
    upload = Upload.objects.create(
        key=key,
        owner=author,
        purpose="post",
        state=Upload.State.READY,
        name="lanterns.mp4",
        variants=film.variants,
        renditions=film.renditions,
        progress=100,
        attempts=1,
        due_at=None,
        original=False,
        created_at=at,
        **film.says,
    )
    for language, words in CAPTIONS.items():
        captioning.set_captions(actor=author, key=upload.key, language=language, file=words.encode())
    post = posts.create_post(actor=author, text=TEXT, audience=Audience.PUBLIC, pictures=[str(key)], alts=[ALT])
    Post.objects.filter(pk=post.pk).update(created_at=at)


def _nobody(percent: int) -> None:
    """Who would hear how far it is."""
