"""Really gone: strings and files planted through every writer, then the whole database, the storage and Redis."""

import io
import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import redis as redis_client
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import personal, tasks
from accounts.actions import archives, life, logins, profiles, relations
from accounts.models.archives import Export
from accounts.models.doors import BlockedAddress
from accounts.models.invitations import Arrival, Invitation
from accounts.models.life import Departure
from accounts.models.logins import Device
from accounts.models.people import User
from accounts.models.relations import Follow, FollowRequest, Friendship
from accounts.sessions import SessionStore
from accounts.tests.factories import PASSWORD, Cast, log_in, make_friends, make_user
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message
from chat.tests import factories as chat_factories
from core import delivery, errors, limits, outbox
from core.models import AuditEntry, Event, Mail
from feed.actions import comments as comment_actions
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions
from feed.models.comments import Comment
from feed.models.posts import Post
from uploads.actions import receiving as uploads_receiving
from uploads.actions import sweeps as uploads_sweeps
from uploads.models import Stored, Upload
from uploads.tests import factories as upload_factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]

PLANT = "zqplantzq"


def files_in(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file()) if place.exists() else []


def dump() -> dict[str, list[str]]:
    """Every column of every row of every table, as text; sessions opened, for they are packed."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = [repr(row) for row in cursor.fetchall()]
    found["sessions, opened"] = [json.dumps(row.get_decoded(), default=str) for row in Session.objects.all()]
    return found


def places_of(word: str) -> list[str]:
    return sorted(table for table, rows in dump().items() if any(word in row.lower() for row in rows))


def upload(owner: User, purpose: str) -> Upload:
    picture = upload_factories.png()
    return uploads_receiving.receive_ready_upload(
        actor=owner, purpose=purpose, file=picture, name=f"{PLANT}.png", alt=f"{PLANT} alt"
    )


def plant(cast: Cast) -> User:
    """A member whose every word is unmistakable, through every writer there is."""
    who = make_user(PLANT, email=f"{PLANT}@example.org", display_name=f"{PLANT} Plant")
    profiles.update_profile(actor=who, bio=f"{PLANT} bio")
    profiles.set_picture(actor=who, place="avatar", key=upload(who, "avatar").key)
    upload(who, "post")  # hangs on nothing
    pictures = [upload(who, "post").key]
    own = post_actions.create_post(actor=who, text=f"{PLANT} says", audience="public", pictures=pictures, alts=[PLANT])
    gone = post_actions.create_post(actor=who, text=f"{PLANT} regrets")
    post_actions.delete_post(actor=who, post_id=gone.pk)
    theirs = post_actions.create_post(actor=cast.bob, text="bread", audience="public")
    comment = comment_actions.comment(actor=who, post_id=theirs.pk, text=f"{PLANT} comments")
    taken = comment_actions.comment(actor=who, post_id=theirs.pk, text=f"{PLANT} takes back")
    comment_actions.delete_comment(actor=who, comment_id=taken.pk)
    other = comment_actions.comment(actor=cast.carol, post_id=theirs.pk, text="soup")
    under = comment_actions.comment(actor=cast.bob, post_id=own.pk, text="nice")
    reaction_actions.react(actor=cast.bob, post_id=own.pk, kind="love")
    reaction_actions.react(actor=who, post_id=theirs.pk, kind="love")
    reaction_actions.react(actor=cast.carol, post_id=theirs.pk, kind="love")
    reaction_actions.react_to_comment(actor=who, comment_id=other.pk, kind="wow")
    reaction_actions.react_to_comment(actor=cast.bob, comment_id=comment.pk, kind="wow")
    reaction_actions.react_to_comment(actor=cast.carol, comment_id=under.pk, kind="wow")
    relations.follow(actor=who, person=cast.bob.pk)
    relations.follow(actor=cast.carol, person=who.pk)
    relations.set_private(actor=cast.dan, private=True)
    relations.follow(actor=who, person=cast.dan.pk)
    relations.block(actor=who, person=cast.mallory.pk)
    make_friends(who, cast.carol)
    chat_factories.make_chat(who, cast.bob, f"{PLANT} writes", f"{PLANT} again")
    chat_factories.say(cast.bob, Conversation.objects.get(), "answer")
    plant_around(cast, who)
    return who


def plant_around(cast: Cast, who: User) -> None:
    """What is written about members beside what they write."""
    logins.log_in_app(actor=who, client=f"{PLANT} browser", address="203.0.113.9")
    logins.log_in_app(actor=who, client=f"{PLANT} other browser", address="203.0.113.9")  # a mail tells of it
    log_in(Client(), who)
    store = SessionStore()
    store["reset"] = {"email": who.email}
    store.save()
    delivery.queue_mail(to=who.email, subject=f"Hello {PLANT}", body="words")
    Authenticator.objects.create(user=who, type="totp", data={"secret": PLANT})
    who.groups.add(Group.objects.create(name="gardeners"))
    about = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=cast.mod, content_type=about, object_id=str(who.pk), object_repr=str(who), action_flag=CHANGE
    )
    archives.build_export(export_id=archives.start_export(actor=who).pk)
    given = io.BytesIO(PLANT.encode())
    archives.start_import(actor=who, file=given, size=10, only_me=False)


def depart(who: User, *, take_messages: bool = False) -> None:
    life.request_deletion(actor=who, password=PASSWORD, login=None, take_messages=take_messages)


def clear_files() -> None:
    """The minutes in which a worker might still write have passed, and the day of steps that nobody finished."""
    tomorrow = timezone.now() + timedelta(days=1)
    Session.objects.filter(expire_date__lte=tomorrow).update(expire_date=timezone.now())
    logins.forget_logins()
    Stored.objects.exclude(due_at=None).update(due_at=timezone.now())
    while uploads_sweeps.remove_due_files():
        pass


def erase(who: User) -> None:
    Departure.objects.filter(user=who).update(due_at=timezone.now())
    tasks.leavers()
    clear_files()


def assert_counts_are_right() -> None:
    from accounts import registry

    outbox.drain()  # what is found by its words follows the event log
    counts = {name: recount for name, recount in registry.recounts.items() if name != "trends"}  # these fade
    assert {name: recount() for name, recount in counts.items()} == dict.fromkeys(counts, 0)
    for user in User.objects.all():
        assert user.friends_count == Friendship.objects.filter(person=user).count()


def test_nothing_is_left(cast: Cast, shelf: Path) -> None:
    who = plant(cast)
    assert len(places_of(PLANT)) >= 10, "planted everywhere"
    assert len(files_in(shelf)) >= 5
    depart(who, take_messages=True)
    erase(who)
    assert places_of(PLANT) == []
    assert files_in(shelf) == []
    assert not User.objects.filter(pk=who.pk).exists()
    # Of the log ids are left, and nothing else.
    assert Event.objects.filter(name="accounts.UserErased", data={"user_id": who.pk}).exists()
    assert AuditEntry.objects.filter(action="accounts.erased", subject=f"user:{who.pk}").count() == 1


def test_no_row_names_the_member(cast: Cast, shelf: Path) -> None:
    who = plant(cast)
    depart(who)
    erase(who)
    kept = {(table.model, column) for table in personal.tables if table.kept for column in table.columns}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.related_model is User and (model, field.name) not in kept:
                assert not model._default_manager.filter(**{field.attname: who.pk}).exists(), f"{model} {field.name}"


def test_others_keep_what_is_theirs(cast: Cast, shelf: Path) -> None:
    who = plant(cast)
    depart(who)
    erase(who)
    assert_counts_are_right()
    post = Post.objects.get()
    assert (post.author, post.comments_count, post.reactions) == (cast.bob, 1, {"love": 1})
    assert Comment.objects.get().reactions == {}
    cast.bob.refresh_from_db()
    assert cast.bob.followers_count == 0
    cast.dan.refresh_from_db()
    assert (cast.dan.requests_count, FollowRequest.objects.count()) == (0, 0)
    # What was said to others stays in its place, by a deleted member, for the other to read.
    said = list(Message.objects.order_by("seq").values_list("sender", "text"))
    assert said == [(None, f"{PLANT} writes"), (None, f"{PLANT} again"), (cast.bob.pk, "answer")]
    mine = Client()
    log_in(mine, cast.bob)
    page = mine.get(Conversation.objects.get().get_absolute_url())
    assert page.status_code == 200
    assert "Deleted member" in page.content.decode()


def test_words_go_along_when_wanted(cast: Cast, shelf: Path) -> None:
    who = plant(cast)
    before = Conversation.objects.get()
    depart(who, take_messages=True)
    erase(who)
    said = list(Message.objects.order_by("seq").values_list("sender", "text", "rev"))
    after = Conversation.objects.get()
    assert said[:2] == [(None, "", before.rev + 1), (None, "", before.rev + 2)]
    assert (after.last_seq, after.rev >= before.rev + 2) == (before.last_seq, True)
    mine = Client()
    log_in(mine, cast.bob)
    assert "took this message along" in mine.get(after.get_absolute_url()).content.decode()


def test_a_conversation_that_nobody_is_in_goes(cast: Cast) -> None:
    one, other = make_user("one"), make_user("other")
    chat_factories.make_chat(one, other, "hush")
    for who in (one, other):
        depart(who)
    for who in (one, other):
        erase(who)
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    assert not Membership.objects.exists()


def test_dies_anywhere_and_goes_on(cast: Cast, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after every single batch: each attempt gets one batch further."""
    from accounts.actions import erasure

    who = plant(cast)
    depart(who, take_messages=True)
    Departure.objects.update(due_at=timezone.now())
    real, left = life._erase_batch, [0]

    class Killed(BaseException):
        pass

    def batch(table: personal.Table, member: User, *, take_messages: bool) -> int:
        done = real(table, member, take_messages=take_messages)
        if done:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        return done

    monkeypatch.setattr(life, "_erase_batch", batch)
    monkeypatch.setattr(erasure, "BATCH", 1)
    killed = 0
    while User.objects.filter(pk=who.pk).exists():
        left[0] = 0
        try:
            life.erase_member(member_id=who.pk)
        except Killed:
            killed += 1
        assert killed < 500
    assert killed > 15
    clear_files()
    assert places_of(PLANT) == []
    assert files_in(shelf) == []
    assert_counts_are_right()
    assert life.erase_member(member_id=who.pk) is False


def test_nothing_is_erased_before_its_time(cast: Cast) -> None:
    depart(cast.bob)
    tasks.leavers()
    assert life.erase_member(member_id=cast.bob.pk) is False
    assert User.objects.filter(pk=cast.bob.pk, is_active=True).exists()


def test_once_begun_nothing_stops_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    depart(cast.bob)
    Departure.objects.update(due_at=timezone.now())
    life._begin(cast.bob.pk)
    with pytest.raises(errors.Conflict):
        life.cancel_deletion(actor=cast.bob)
    assert Client().login(username="bob", password=PASSWORD) is False


def test_a_mail_some_days_before(cast: Cast) -> None:
    depart(cast.bob)
    assert life.remind_leavers() == 0
    Departure.objects.update(due_at=timezone.now() + timedelta(days=2))
    tasks.leavers()
    tasks.leavers()
    subjects = list(Mail.objects.order_by("pk").values_list("subject", flat=True))
    assert len(subjects) == 2
    assert "will be deleted" in subjects[0]
    assert "few days left" in subjects[1]


def test_a_handle_is_free_again(cast: Cast) -> None:
    depart(cast.bob)
    erase(cast.bob)
    assert make_user("bob").pk != cast.bob.pk


@pytest.mark.redis
def test_redis_holds_ids_only(cast: Cast, shelf: Path, settings, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    client = redis_client.Redis.from_url(redis_url)
    who = make_user(PLANT)
    limits.take(limits.MEMBER, who.pk)
    post_actions.create_post(actor=who, text=f"{PLANT} says")
    depart(who)
    erase(who)
    keys = list(client.scan_iter("*"))
    assert any(str(who.pk).encode() in key for key in keys)
    for key in keys:
        value = repr(client.dump(key))
        assert PLANT not in key.decode().lower() + value.lower()


def test_exports_under_way_stop(cast: Cast, shelf: Path) -> None:
    """The member goes while a worker is at their export: no file is left."""
    export = archives.start_export(actor=cast.bob)
    keep = archives.storage.keep

    def gone(name: str, content: object) -> None:
        keep(name, content)
        depart(cast.bob)
        erase(cast.bob)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives.storage, "keep", gone)
        assert archives.build_export(export_id=export.pk) is False
    assert not Export.objects.exists()
    assert files_in(shelf) == []
    assert not Follow.objects.filter(follower=cast.bob.pk).exists()
    assert not Device.objects.filter(key=uuid.uuid4()).exists()


def test_what_a_moderator_blocked_stays_blocked(cast: Cast) -> None:
    row = BlockedAddress.objects.create(pattern="spam.example", blocked_by=cast.mod)
    depart(cast.mod)
    erase(cast.mod)
    row.refresh_from_db()
    assert (row.pattern, row.blocked_by) == ("spam.example", None)


def test_who_was_brought_stays_brought_by_nobody(cast: Cast) -> None:
    own = Arrival.objects.create(person=cast.alice, inviter=cast.bob)
    brought = Arrival.objects.create(person=cast.carol, inviter=cast.alice)
    depart(cast.alice)
    erase(cast.alice)
    brought.refresh_from_db()
    assert (brought.person, brought.inviter) == (cast.carol, None)
    assert not Arrival.objects.filter(pk=own.pk).exists()


def test_the_address_leaves_the_invitations_of_others(cast: Cast) -> None:
    """One that was for this address alone opens the door to nobody else."""
    earlier = timezone.now() - timedelta(days=1)
    given = {"inviter": cast.bob, "email": cast.alice.email, "uses": 2}
    bound = Invitation.objects.create(digest="a", only_email=True, **given)
    over = Invitation.objects.create(digest="b", revoked_at=earlier, **given)
    other = Invitation.objects.create(digest="c", inviter=cast.bob, email="else@example.org", only_email=True)
    mine = Invitation.objects.create(digest="d", inviter=cast.alice)
    depart(cast.alice)
    erase(cast.alice)
    for row in (bound, over, other):
        row.refresh_from_db()
    assert (bound.email, bound.only_email, bound.revoked_at is not None) == ("", False, True)
    assert (over.email, over.revoked_at) == ("", earlier)
    assert (other.email, other.only_email, other.revoked_at) == ("else@example.org", True, None)
    assert not Invitation.objects.filter(pk=mine.pk).exists()
