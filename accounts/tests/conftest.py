"""Fixtures of several tests of accounts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.actions import profiles
from accounts.models.people import User
from accounts.tests.factories import Cast
from accounts.tests.zips import upload
from chat.tests import factories as chat_factories
from feed.actions import comments as comment_actions
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions
from feed.models.posts import Post


@pytest.fixture
def shelf() -> Iterator[Path]:
    """Where files lie: empty at first, and left empty."""
    place = Path(default_storage.location)
    _empty(place)
    yield place
    _empty(place)


def _empty(place: Path) -> None:
    for path in place.rglob("*"):
        if path.is_file():
            path.unlink()


@pytest.fixture
def alice(cast: Cast, shelf: Path) -> User:
    """With something of everything."""
    alice = cast.alice
    profiles.update_profile(actor=alice, bio="Bread.\nAnd <b>soup</b>.")
    profiles.set_picture(actor=alice, place="avatar", key=upload(alice, "avatar"))
    key = upload(alice, "post", "garden.png")
    post_actions.create_post(actor=alice, text="The **garden** & I", audience="public", pictures=[key], alts=["peas"])
    post_actions.create_post(actor=alice, text="For friends", audience="friends")
    gone = post_actions.create_post(actor=alice, text="A regret")
    post_actions.delete_post(actor=alice, post_id=gone.pk)
    theirs = post_actions.create_post(actor=cast.bob, text="Bob's own words", audience="public")
    comment_actions.comment(actor=alice, post_id=theirs.pk, text="Well said")
    reaction_actions.react(actor=alice, post_id=theirs.pk, kind="love")
    chat = chat_factories.make_chat(alice, cast.bob, "hello")
    chat_factories.say(cast.bob, chat, "hello yourself")
    Post.objects.filter(author=alice).update(created_at=timezone.now() - timedelta(days=400))
    return User.objects.get(pk=alice.pk)
