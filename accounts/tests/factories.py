"""Members for tests of every room, and the cast. A pytest plugin: conftest.py makes `cast` known everywhere."""

import pickle
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import F, Model
from django.test import Client
from django.utils import timezone

from accounts import registry
from accounts.actions import names
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.relations import Block, Follow, Friendship

PASSWORD = "correct horse battery"


@cache
def _hashed() -> str:
    return make_password(PASSWORD, hasher="md5")


def make_user(handle: str = "", **fields: Any) -> User:
    """A member with a verified address who logs in with PASSWORD."""
    handle = handle or f"person{uuid.uuid4().hex[:10]}"
    fields = {"email": f"{handle}@example.org", "display_name": handle.title(), **fields}
    fields["password"] = fields.get("password") or _hashed()
    user = User.objects.create(handle=handle, **fields)
    names.write_parts(people=[user.pk])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_follow(follower: User, followed: User) -> Follow:
    row = Follow.objects.create(follower=follower, followed=followed)
    User.objects.filter(pk=follower.pk).update(following_count=F("following_count") + 1)
    User.objects.filter(pk=followed.pk).update(followers_count=F("followers_count") + 1)
    with transaction.atomic():
        for listener in registry.follow_listeners:
            listener([follower.pk], followed.pk, True)
    return row


def make_friends(one: User, other: User) -> None:
    Friendship.objects.bulk_create([Friendship(person=one, friend=other), Friendship(person=other, friend=one)])
    User.objects.filter(pk__in=[one.pk, other.pk]).update(friends_count=F("friends_count") + 1)


def make_block(blocker: User, blocked: User) -> Block:
    return Block.objects.create(blocker=blocker, blocked=blocked)


def log_in(client: Client, user: User) -> Device:
    """A browser's login as the site makes it: a session and its device, so that the socket knows it too."""
    client.force_login(user)
    return Device.objects.create(user=user, key=uuid.uuid4(), session_key=client.session.session_key, client="test")


def just_now(client: Client, user: User) -> None:
    """This member, who is logged in here, has just proven it."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def long_ago(client: Client) -> None:
    """Whoever is logged in here has proven it a day ago."""
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**one, "at": one["at"] - 86_400} for one in records]
    session.save()


@dataclass
class Cast:
    """alice writes, bob follows her, carol is a stranger, dan is her friend (and they follow each other), mallory
    is blocked by alice, mod is a staff moderator."""

    alice: User
    bob: User
    carol: User
    dan: User
    mallory: User
    mod: User


def all_rows() -> dict[type[Model], list[Model]]:
    models = [one for one in apps.get_models(include_auto_created=True) if one._meta.managed and not one._meta.proxy]
    return {model: list(model._base_manager.order_by("pk")) for model in models}


class Kept:
    """What `make` writes, written once by each process and then laid into the database of each test as it is: the
    same rows with the same ids, as old as if they had just been made."""

    def __init__(self, make: Callable[[], object]) -> None:
        before = {model: {row.pk for row in rows} for model, rows in all_rows().items()}
        make()
        new = {model: [row for row in rows if row.pk not in before[model]] for model, rows in all_rows().items()}
        self.at = timezone.now()
        self.pickled = pickle.dumps({model: rows for model, rows in new.items() if rows})

    def lay(self) -> dict[type[Model], list[Any]]:
        """IntegrityError where a row of the test has the place of one of these."""
        kept = pickle.loads(self.pickled)
        age = timezone.now() - self.at
        with transaction.atomic():
            for model, rows in kept.items():
                for row in rows:
                    for name, value in vars(row).items():
                        if isinstance(value, datetime):
                            setattr(row, name, value + age)
                model._base_manager.bulk_create(rows)
        return kept


HANDLES = ("alice", "bob", "carol", "dan", "mallory", "mod")


def make_cast() -> None:
    alice, bob, _carol, dan, mallory = (make_user(handle) for handle in HANDLES[:-1])
    make_user("mod", is_staff=True)
    make_follow(bob, alice)
    make_follow(dan, alice)
    make_follow(alice, dan)
    make_friends(alice, dan)
    make_block(alice, mallory)


_cast: list[Kept] = []


def gather() -> Cast:
    people: Any = User.objects.filter(handle__in=HANDLES)
    if not _cast:
        _cast.append(Kept(make_cast))
        return Cast(**{user.handle: user for user in people})
    try:
        people = _cast[0].lay()[User]
    except IntegrityError:
        make_cast()
    return Cast(**{user.handle: user for user in people})


@pytest.fixture
def cast(db: None) -> Cast:
    return gather()
