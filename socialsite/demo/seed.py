"""Writes the made-up community into an empty database: the one place besides the actions that writes rows, because it
writes hundreds of thousands. What the actions keep true is true here as well; test_demo.py compares.

Killed at any moment it leaves a mark that says "making", no rows of people (they come in one transaction) and files
that the next start, or the sweep of the uploads, removes.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from accounts.actions import logins, names
from accounts.models.people import User
from accounts.models.relations import Block, Follow, FollowRequest
from chat.actions import words as word_actions
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message
from core import text
from core.models import Pulse
from feed.actions import homes
from feed.models.comments import Comment
from feed.models.posts import COUNTED, Post, PostPicture
from feed.models.reactions import Reaction
from socialsite.demo import (
    asking,
    begun,
    entrance,
    films,
    finding,
    groups,
    keeping,
    links,
    marks,
    pictures,
    plan,
    presences,
    selves,
    sent,
    sharing,
    threads,
    ties,
)
from socialsite.demo.pictures import Prepared
from socialsite.demo.plan import Plan
from uploads import storage
from uploads.models import Stored, Upload

PASSWORDS = ["lanterns on the river", "herons do not hurry", "soup for everybody"]
ROLES = ["member", "moderator", "admin"]
MARK = "demo"
INTENT = timedelta(hours=3)  # after that the sweep takes files of a demo that was never finished
BATCH = 2000
# What a wiped database keeps: what Django knows of itself, the place in the event log, our mark.
KEPT = {
    "django_migrations", "django_content_type", "auth_permission", "core_head", "core_subscriber", Pulse._meta.db_table,
}  # fmt: skip

Say = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Options:
    people: int = 200
    seed: int = 1

    def __str__(self) -> str:
        return f"{self.people} people and seed {self.seed}"


@dataclass(frozen=True)
class State:
    """What the database holds: nothing, a community that is no demo, half a demo, a demo."""

    kind: str
    options: str = ""


def state() -> State:
    mark = Pulse.objects.filter(name=MARK).first()
    if mark is None:
        return State("foreign" if User.objects.exists() else "empty")
    kind, _, options = mark.detail.partition(": ")
    return State(kind, options)


def make(options: Options, say: Say, *, now: datetime | None = None) -> None:
    """Makes the community. The database holds no other; `say(stage, done, total)` hears how far it is."""
    now = now or timezone.now()
    Pulse.objects.update_or_create(name=MARK, defaults={"detail": f"making: {options}"})
    wipe()
    say("thinking", 0, 1)
    made = plan.make(count=options.people, seed=options.seed, now=now)
    say("thinking", 1, 1)
    with pictures.working_folder() as folder:
        prepared = dict(_prepare(made, options.seed, Path(folder), say))
        uses = _uses(made, prepared)
        _place(uses, say)
        card = links.place(prepared, now)
        film = films.prepare(options.seed, Path(folder))
        shot = films.place(film)
        gifts = sent.prepare(prepared, Path(folder), now)
    with transaction.atomic():
        users = _write(made, uses, say)
        films.write(made, users, film, shot)
        links.write(card, now)
        groups.write(users, now)
        sent.write(users, gifts)
        marks.write()
        word_actions.recount()
        Pulse.objects.filter(name=MARK).update(detail=f"made: {options}")


def wipe() -> None:
    """Takes everything out that a demo put in, files first."""
    for key in Stored.objects.values_list("key", flat=True).iterator():
        storage.drop_all(key)
    # The models' own: what a database keeps beside them (the full-text index of SQLite) follows by triggers.
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
    with transaction.atomic():
        connection.check_constraints()  # PostgreSQL empties no table whose checks are still to come
        connection.ops.execute_sql_flush(
            connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=False)
        )


def sign_ins() -> list[tuple[str, str, str]]:
    """(role, address, password) of those who can log in."""
    from socialsite.demo.people import KNOWN

    return [(role, person.email, word) for role, person, word in zip(ROLES, KNOWN, PASSWORDS, strict=False)]


# -- Pictures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Use:
    """One upload to be: whose it is, on which post (or as their portrait or cover), and what it shows."""

    key: uuid.UUID
    name: str
    prepared: Prepared
    owner: int
    entry: int | None
    position: int

    @property
    def purpose(self) -> str:
        if self.entry is not None:
            return "post"
        return "cover" if self.name.startswith("cover:") else "avatar"


def _prepare(made: Plan, seed: int, folder: Path, say: Say) -> Iterator[tuple[str, Prepared]]:
    names = made.pictures
    say("pictures", 0, len(names))
    for place, pair in enumerate(pictures.prepare(names, seed, folder), 1):
        say("pictures", place, len(names))
        yield pair


def _uses(made: Plan, prepared: dict[str, Prepared]) -> list[Use]:
    found = [
        Use(uuid.uuid4(), name, prepared[name], owner, None, 0)
        for names in (made.portraits, made.covers)
        for owner, name in enumerate(names)
        if name
    ]
    for place, entry in enumerate(made.entries):
        found += [
            Use(uuid.uuid4(), name, prepared[name], entry.author, place, position)
            for position, name in enumerate(entry.pictures)
        ]
    return found


def _place(uses: list[Use], say: Say) -> None:
    """As every upload: what will lie in storage is known before the first byte is there."""
    due = timezone.now() + INTENT
    Stored.objects.bulk_create([Stored(key=use.key, due_at=due) for use in uses], BATCH)
    for done, use in enumerate(uses):
        pictures.place(use.key, use.prepared)
        if done % 100 == 0:
            say("albums", done, len(uses))
    say("albums", len(uses), len(uses))


# -- Rows -------------------------------------------------------------------------------------------------------------


def _write(made: Plan, uses: list[Use], say: Say) -> list[User]:
    users = _people(made, say)
    for user in users[: len(PASSWORDS)]:  # so that their page of devices shows more than the browser in front of it
        logins.log_in_app(actor=user, client="Willow/2.4 (Android 14)", address="203.0.113.24")
    uploads = _uploads(made, uses, users)
    _avatars(uses, uploads, users)
    _ties(made, users, say)
    posts = _posts(made, users, say)
    homes.rebuild(first=users[0].pk, last=users[-1].pk)
    homes.recount()
    PostPicture.objects.bulk_create(
        [
            PostPicture(post=posts[use.entry], upload=upload, position=use.position, alt=upload.alt)
            for use, upload in zip(uses, uploads, strict=True)
            if use.entry is not None
        ],
        BATCH,
    )
    comments = _comments(made, users, posts, say)
    _reactions(made, users, posts, comments, say)
    _talks(made, users, say)
    entrance.furnish(users)
    selves.write(made.told, users)
    ties.write(made, users)
    keeping.write(made, users, posts, list(comments.values()))
    begun.write(made, users)
    threads.write(made, comments)
    asking.write(made, users, posts)
    sharing.write(made, users, posts)
    finding.write(users, posts)
    presences.write(users)
    return users


def _people(made: Plan, say: Say) -> list[User]:
    size = len(made.people)
    follows, followed = Counter(a for a, _b in made.follows), Counter(b for _a, b in made.follows)
    asked = Counter(b for _a, b in made.requests)
    posts = Counter(entry.author for entry in made.entries if entry.audience in COUNTED)
    users = []
    for place, person in enumerate(made.people):
        users.append(
            User(
                email=person.email,
                handle=person.handle,
                display_name=person.name,
                bio=person.bio,
                language=person.language,
                password=make_password(PASSWORDS[place] if place < len(PASSWORDS) else None),
                is_staff=place in (1, 2),
                is_superuser=place == 2,
                followers_count=followed[place],
                following_count=follows[place],
                posts_count=posts[place],
                is_private=place in made.private,
                requests_count=asked[place],
                created_at=made.joined[place],
            )
        )
    User.objects.bulk_create(users, BATCH)
    names.write_parts(people=[user.pk for user in users])
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users], BATCH
    )
    say("people", size, size)
    return users


def _uploads(made: Plan, uses: list[Use], users: list[User]) -> list[Upload]:
    uploads = []
    for use in uses:
        at = made.joined[use.owner] if use.entry is None else made.entries[use.entry].at
        uploads.append(
            Upload(
                key=use.key,
                owner=users[use.owner],
                purpose=use.purpose,
                public=use.entry is None,
                state=Upload.State.READY,
                name=f"{use.name.replace(':', ' ')}.{use.prepared.facts.type.removeprefix('image/')}",
                type=use.prepared.facts.type,
                bytes=use.prepared.facts.bytes,
                sha256=use.prepared.facts.sha256,
                width=use.prepared.width,
                height=use.prepared.height,
                color=use.prepared.color,
                alt=pictures.ALTS.get(use.name, ""),
                variants=use.prepared.variants,
                attempts=1,
                due_at=None,
                original=False,
                created_at=at - timedelta(minutes=1),
                attached_at=at,
            )
        )
    Upload.objects.bulk_create(uploads, BATCH)
    Stored.objects.filter(key__in=Upload.objects.values("key")).update(due_at=None)
    return uploads


def _avatars(uses: list[Use], uploads: list[Upload], users: list[User]) -> None:
    changed = []
    for use, upload in zip(uses, uploads, strict=True):
        owner = users[use.owner]
        if use.purpose == "avatar":
            owner.avatar, owner.avatar_path = upload, upload.url(320)
        elif use.purpose == "cover":
            owner.cover, owner.cover_path = upload, upload.url(1280)
        changed += [owner] if use.entry is None else []
    User.objects.bulk_update(set(changed), ["avatar", "avatar_path", "cover", "cover_path"], 200)


def _ties(made: Plan, users: list[User], say: Say) -> None:
    Follow.objects.bulk_create([Follow(follower=users[a], followed=users[b]) for a, b in made.follows], BATCH)
    FollowRequest.objects.bulk_create(
        [FollowRequest(asker=users[a], asked=users[b], created_at=made.now) for a, b in made.requests], BATCH
    )
    Block.objects.bulk_create([Block(blocker=users[a], blocked=users[b]) for a, b in made.blocks], BATCH)
    say("follows", len(made.follows), len(made.follows))


@contextmanager
def _counted(say: Say, stage: str, total: int) -> Iterator[Callable[[int], None]]:
    say(stage, 0, total)
    yield lambda done: say(stage, done, total) if done % 100 == 0 else None
    say(stage, total, total)


def _posts(made: Plan, users: list[User], say: Say) -> list[Post]:
    posts = []
    with _counted(say, "posts", len(made.entries)) as count:
        for place, entry in enumerate(made.entries):
            count(place)
            kinds = Counter(entry.reactions.values())
            posts.append(
                Post(
                    author=users[entry.author],
                    text=entry.text,
                    html=text.render(entry.text) if entry.text else "",
                    audience=entry.audience,
                    comments_count=len(entry.comments),
                    reactions_count=len(entry.reactions),
                    reactions=dict(sorted(kinds.items())),
                    created_at=entry.at,
                    edited_at=entry.edited_at,
                )
            )
        Post.objects.bulk_create(posts, BATCH)
    return posts


def _comments(made: Plan, users: list[User], posts: list[Post], say: Say) -> dict[tuple[int, int], Comment]:
    """By the places of post and comment in the plan. Ids follow time, as lists go by them."""
    order = sorted(
        (remark.at, place, number)
        for place, entry in enumerate(made.entries)
        for number, remark in enumerate(entry.comments)
    )
    found: dict[tuple[int, int], Comment] = {}
    with _counted(say, "comments", len(order)) as count:
        for done, (at, place, number) in enumerate(order):
            count(done)
            remark = made.entries[place].comments[number]
            found[place, number] = Comment(
                post=posts[place],
                author=users[remark.author],
                text=remark.text,
                html=text.render(remark.text),
                reactions_count=len(remark.reactions),
                reactions=dict(sorted(Counter(remark.reactions.values()).items())),
                created_at=at,
            )
        Comment.objects.bulk_create(found.values(), BATCH)
    return found


def _reactions(
    made: Plan, users: list[User], posts: list[Post], comments: dict[tuple[int, int], Comment], say: Say
) -> None:
    rows: list[Reaction] = []
    for place, entry in enumerate(made.entries):
        rows += _reactions_to(entry.reactions, users, max(entry.at, made.joined[entry.author]), {"post": posts[place]})
        for number, remark in enumerate(entry.comments):
            rows += _reactions_to(remark.reactions, users, remark.at, {"comment": comments[place, number]})
    with _counted(say, "reactions", len(rows)):
        Reaction.objects.bulk_create(rows, BATCH)


def _reactions_to(given: dict[int, str], users: list[User], at: datetime, to: dict[str, Any]) -> Iterator[Reaction]:
    for one, kind in given.items():
        yield Reaction(user=users[one], kind=kind, created_at=at, **to)


def _talks(made: Plan, users: list[User], say: Say) -> None:
    conversations = [
        Conversation(
            direct_key=Conversation.key_of(users[talk.one].pk, users[talk.other].pk),
            last_seq=len(talk.lines),
            rev=len(talk.lines),
            last_message_at=talk.lines[-1][2],
            created_at=talk.lines[0][2],
        )
        for talk in made.talks
    ]
    Conversation.objects.bulk_create(conversations, BATCH)
    members, messages = [], []
    for talk, conversation in zip(made.talks, conversations, strict=True):
        last_speaker = talk.lines[-1][0]
        for one in sorted((talk.one, talk.other)):
            unread = talk.unread if one != last_speaker else 0
            members.append(
                Membership(
                    conversation=conversation,
                    user=users[one],
                    read_seq=len(talk.lines) - unread,
                    unread=unread > 0,
                    active_at=talk.lines[-1][2],
                )
            )
        for seq, (speaker, line, at) in enumerate(talk.lines, 1):
            messages.append(
                Message(
                    conversation=conversation,
                    seq=seq,
                    rev=seq,
                    sender=users[speaker],
                    client_id=uuid.uuid4(),
                    text=line,
                    created_at=at,
                )
            )
    with _counted(say, "messages", len(messages)):
        Membership.objects.bulk_create(members, BATCH)
        Message.objects.bulk_create(messages, BATCH)
