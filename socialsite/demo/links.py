"""Cards of the links that people of Willowbank post, as if a worker had fetched them: these places are made up."""

import hashlib
import uuid
from datetime import datetime, timedelta

from core import fetch, text
from feed.models.posts import Post
from socialsite.demo import pictures
from socialsite.demo.pictures import Prepared
from uploads.models import LinkPreview, Stored, Upload

KEPT = timedelta(days=365)  # nothing answers there, so nobody should ask
PICTURE = "art:map"
# Address -> what it says of itself; the first has the picture.
CARDS = {
    "https://council.willowbank.example/riverside-path": (
        "Riverside path: the revised route and how to comment",
        "The path now follows the old towpath for 1.4 km, with two crossings and benches every 200 metres.",
        "Willowbank Council",
    ),
    "https://buses.willowbank.example/festival": (
        "To the festival by bus",
        "Every ten minutes from the station, every quarter of an hour from the mill, and all night back.",
        "Willowbank Buses",
    ),
    "https://choir.willowbank.example/practice": (
        "Practice recordings",
        "Each voice by itself, slowly, and once with the right words.",
        "The Choir",
    ),
    "https://lanterns.willowbank.example/": ("The Lantern Walk", "When, where, and what if it rains.", ""),
}


def place(prepared: dict[str, Prepared], now: datetime) -> Upload | None:
    """Puts the picture of a card into storage; the row is still to be saved."""
    drawn = prepared.get(PICTURE)
    if drawn is None:
        return None
    key = uuid.uuid4()
    Stored.objects.create(key=key)
    pictures.place(key, drawn)
    return Upload(
        key=key,
        purpose="preview",
        state=Upload.State.READY,
        type=drawn.facts.type,
        bytes=drawn.facts.bytes,
        sha256=drawn.facts.sha256,
        width=drawn.width,
        height=drawn.height,
        color=drawn.color,
        variants=drawn.variants,
        attempts=1,
        due_at=None,
        original=False,
        created_at=now,
        attached_at=now,
    )


def write(picture: Upload | None, now: datetime) -> None:
    """After the posts: those with one of these links show its card."""
    if picture is not None:
        picture.save()
    cards = {
        url: LinkPreview(
            url=url,
            digest=hashlib.sha256(url.encode()).hexdigest(),
            state=LinkPreview.State.READY,
            title=title,
            description=description,
            site_name=site,
            upload=picture if place == 0 else None,
            due_at=None,
            fetched_at=now,
            expires_at=now + KEPT,
            wanted_at=now,
        )
        for place, (url, (title, description, site)) in enumerate(CARDS.items())
    }
    LinkPreview.objects.bulk_create(cards.values())
    linked = list(Post.objects.filter(text__contains="willowbank.example/").only("text"))
    for post in linked:
        link = text.first_link(post.text)
        post.preview = cards.get(fetch.target(link).url) if link else None
    Post.objects.bulk_update(linked, ["preview"], 200)
