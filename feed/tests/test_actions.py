import threading
from datetime import timedelta

import msgspec
import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts import registry
from accounts.actions import relations
from accounts.models.people import User
from accounts.models.relations import Audience
from accounts.tests.factories import Cast, make_user
from core import errors, outbox, realtime
from core.models import Event
from feed.actions import comments as comment_actions
from feed.actions import posts as post_actions
from feed.actions import reactions as reaction_actions
from feed.models.comments import Comment
from feed.models.posts import Post, PostPicture
from feed.models.reactions import Reaction
from feed.queries import live as live_queries
from feed.tests.factories import make_comment, make_post, make_reaction
from uploads.actions import sweeps
from uploads.models import Stored, Upload
from uploads.tests import factories as upload_factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def pushed(monkeypatch):
    """What the fast lane would show: (groups, kind, payload)."""
    said = []

    def push(groups, event):
        said.append((tuple([groups] if isinstance(groups, str) else groups), event.type, msgspec.to_builtins(event)))

    monkeypatch.setattr(realtime, "push", push)
    return said


def facts(name: str) -> list[dict]:
    return [row.data for row in Event.objects.filter(name=f"feed.{name}").order_by("id")]


def upload(owner: User, **fields) -> Upload:
    return upload_factories.make_upload(owner, **{"purpose": "post", **fields})


# -- Posts


@pytest.mark.both
def test_a_post_has_its_words_pictures_and_count(cast: Cast) -> None:
    one, two = upload(cast.alice, alt="from the upload"), upload(cast.alice)
    post = post_actions.create_post(
        actor=cast.alice,
        text="  Hello **you**\r\n",
        audience="public",
        pictures=[str(two.key), str(one.key)],
        alts=["two"],
    )
    assert (post.text, post.html) == ("Hello **you**", "<p>Hello <strong>you</strong></p>")
    rows = PostPicture.objects.filter(post=post).order_by("position")
    assert [(row.upload_id, row.alt) for row in rows] == [(two.pk, "two"), (one.pk, "from the upload")]
    cast.alice.refresh_from_db()
    assert cast.alice.posts_count == 1
    assert facts("PostCreated") == [{"post_id": post.pk, "author_id": cast.alice.pk, "audience": "public"}]


def test_a_repeat_with_the_same_client_id_stands_once(cast: Cast) -> None:
    one = post_actions.create_post(actor=cast.alice, text="Hello", client_id="x")
    two = post_actions.create_post(actor=cast.alice, text="Hello again", client_id="x")
    other = post_actions.create_post(actor=cast.bob, text="Hello", client_id="x")
    cast.alice.refresh_from_db()
    assert one.pk == two.pk != other.pk
    assert (Post.objects.count(), cast.alice.posts_count, len(facts("PostCreated"))) == (2, 1, 2)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": " \n "}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"text": "x" * 10_000_000}, "text"),
        ({"text": "x", "audience": "friends of mine"}, "audience"),
        ({"text": "x", "client_id": "y" * 65}, "client_id"),
    ],
)
def test_what_cannot_be_posted_names_its_field(cast: Cast, given: dict, field: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        post_actions.create_post(actor=cast.alice, **given)
    assert caught.value.field == field
    assert not Post.objects.exists()


@pytest.mark.parametrize("whose", ["others", "absent", "rubbish", "avatar"])
def test_uploads_of_others_are_as_absent(cast: Cast, whose: str) -> None:
    keys = {
        "others": str(upload(cast.bob).key),
        "absent": "7f2c9d1e-0000-4000-8000-000000000000",
        "rubbish": "../../etc/passwd",
        "avatar": str(upload(cast.alice, purpose="avatar").key),
    }
    with pytest.raises(errors.NotFound) as caught:
        post_actions.create_post(actor=cast.alice, text="mine", pictures=[keys[whose]])
    assert caught.value.field == "uploads"
    cast.alice.refresh_from_db()
    assert (Post.objects.count(), cast.alice.posts_count, Event.objects.count()) == (0, 0, 0)


def test_an_eleventh_picture_and_one_in_use_are_refused(cast: Cast) -> None:
    with pytest.raises(errors.Invalid):
        post_actions.create_post(actor=cast.alice, pictures=[upload(cast.alice).key for _ in range(11)])
    used = upload(cast.alice)
    post_actions.create_post(actor=cast.alice, pictures=[used.key])
    with pytest.raises(errors.Conflict):
        post_actions.create_post(actor=cast.alice, pictures=[used.key])


def test_the_profile_counts_what_all_members_may_see(cast: Cast) -> None:
    made = {
        audience: post_actions.create_post(actor=cast.alice, text="x", audience=audience)
        for audience in Audience.values
    }
    cast.alice.refresh_from_db()
    assert cast.alice.posts_count == 2
    post_actions.edit_post(actor=cast.alice, post_id=made["public"].pk, audience="only_me")
    post_actions.delete_post(actor=cast.alice, post_id=made["members"].pk)
    post_actions.delete_post(actor=cast.alice, post_id=made["followers"].pk)
    cast.alice.refresh_from_db()
    assert cast.alice.posts_count == 0


def test_an_edit_renders_anew_and_old_watchers_of_a_narrower_post_hear_no_more(cast: Cast, pushed: list) -> None:
    post = make_post(cast.alice, "old")
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="*new*", audience="only_me")
    post.refresh_from_db()
    assert post.html == "<p><em>new</em></p>"
    assert post.edited_at is not None
    before = f"post:{post.pk}:public"
    assert pushed == [((before, f"{before}:quiet"), "post.edited", {"post": post.pk})]
    reaction_actions.react(actor=cast.alice, post_id=post.pk, kind="like")
    assert pushed[-1][0] == (f"post:{post.pk}:only_me",)


def test_the_same_text_again_is_no_edit(cast: Cast, pushed: list) -> None:
    post = make_post(cast.alice, "same")
    assert post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="same ").edited_at is None
    assert (pushed, facts("PostEdited")) == ([], [])


def test_a_post_cannot_become_empty_but_one_with_pictures_may_lose_its_words(cast: Cast) -> None:
    with pytest.raises(errors.Invalid):
        post_actions.edit_post(actor=cast.alice, post_id=make_post(cast.alice).pk, text=" ")
    assert post_actions.edit_post(actor=cast.alice, post_id=make_post(cast.alice, pictures=1).pk, text="").html == ""


def test_a_deleted_post_comes_back_within_half_a_minute_only(cast: Cast) -> None:
    post = post_actions.create_post(actor=cast.alice, text="oops")
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        post_actions.delete_post(actor=cast.alice, post_id=post.pk)
        with pytest.raises(errors.NotFound):
            post_actions.undo_delete_post(actor=cast.bob, post_id=post.pk)
        clock.move_to(now + timedelta(seconds=29))
        post_actions.undo_delete_post(actor=cast.alice, post_id=post.pk)
        cast.alice.refresh_from_db()
        assert cast.alice.posts_count == 1
        post_actions.delete_post(actor=cast.alice, post_id=post.pk)
        clock.move_to(now + timedelta(seconds=60))
        with pytest.raises(errors.NotFound):
            post_actions.undo_delete_post(actor=cast.alice, post_id=post.pk)


def test_a_repeat_of_what_was_deleted_does_not_bring_it_back(cast: Cast) -> None:
    post = post_actions.create_post(actor=cast.alice, text="oops", client_id="x")
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    with pytest.raises(errors.Conflict):
        post_actions.create_post(actor=cast.alice, text="oops", client_id="x")


def test_pictures_go_when_a_deletion_can_no_longer_be_undone(cast: Cast) -> None:
    post = make_post(cast.alice, pictures=2)
    kept = make_post(cast.alice, pictures=1)
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    assert sweeps.sweep_discarded() == 0
    post_actions.undo_delete_post(actor=cast.alice, post_id=post.pk)
    assert not Upload.objects.filter(discarded_at__isnull=False).exists()
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    with time_machine.travel(timezone.now() + timedelta(seconds=36)):
        assert sweeps.sweep_discarded() == 2
    assert Upload.objects.get() == kept.pictures.get().upload
    assert Stored.objects.filter(due_at__isnull=False).count() == 2


def test_pictures_of_what_is_deleted_by_no_action_go_with_the_clock(cast: Cast) -> None:
    post = make_post(cast.alice, pictures=2)
    Post.objects.filter(pk=post.pk).update(deleted_at=timezone.now())
    assert post_actions.discard_pictures() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert post_actions.discard_pictures() == 2
        assert post_actions.discard_pictures() == 0


# -- Comments


def test_a_comment_counts_and_tells_the_watchers(cast: Cast, pushed: list) -> None:
    post = make_post(cast.alice)
    row = comment_actions.comment(actor=cast.bob, post_id=post.pk, text="`indeed`", client_id="1")
    assert comment_actions.comment(actor=cast.bob, post_id=post.pk, text="`indeed`", client_id="1").pk == row.pk
    post.refresh_from_db()
    group = (f"post:{post.pk}:public",)
    assert (post.comments_count, row.html) == (1, "<p><code>indeed</code></p>")
    assert pushed == [
        (group, "comment.new", {"post": post.pk, "comment": row.pk, "parent": None}),
        (group, "post.counts", {"post": post.pk, "reactions": {}, "comments": 1, "shares": 0}),
    ]
    assert len(facts("CommentCreated")) == 1


def test_a_client_id_belongs_to_one_post(cast: Cast) -> None:
    comment_actions.comment(actor=cast.bob, post_id=make_post(cast.alice).pk, text="a", client_id="1")
    with pytest.raises(errors.Conflict):
        comment_actions.comment(actor=cast.bob, post_id=make_post(cast.alice).pk, text="a", client_id="1")


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_empty_and_endless_comments_are_refused(cast: Cast, text: str) -> None:
    with pytest.raises(errors.Invalid):
        comment_actions.comment(actor=cast.bob, post_id=make_post(cast.alice).pk, text=text)


def test_who_deleted_a_comment_may_take_it_back(cast: Cast) -> None:
    post = make_post(cast.alice)
    row = make_comment(post, cast.bob)
    comment_actions.delete_comment(actor=cast.alice, comment_id=row.pk)
    post.refresh_from_db()
    assert post.comments_count == 0
    with pytest.raises(errors.NotFound):
        comment_actions.undo_delete_comment(actor=cast.bob, comment_id=row.pk)
    comment_actions.undo_delete_comment(actor=cast.alice, comment_id=row.pk)
    post.refresh_from_db()
    assert post.comments_count == 1
    assert Comment.objects.get(pk=row.pk).deleted_by is None


# -- Reactions


@pytest.mark.both
def test_a_person_has_one_reaction_that_may_change_and_go(cast: Cast, pushed: list) -> None:
    post = make_post(cast.alice)
    for kind, counts in [
        ("like", {"like": 1}),
        ("like", {"like": 1}),
        ("love", {"love": 1}),
    ]:
        reaction_actions.react(actor=cast.bob, post_id=post.pk, kind=kind)
        post.refresh_from_db()
        assert (post.reactions, post.reactions_count) == (counts, 1)
    reaction_actions.react(actor=cast.dan, post_id=post.pk, kind="love")
    reaction_actions.unreact(actor=cast.bob, post_id=post.pk)
    reaction_actions.unreact(actor=cast.bob, post_id=post.pk)
    post.refresh_from_db()
    assert (post.reactions, post.reactions_count) == ({"love": 1}, 1)
    assert [(row.user, row.kind) for row in Reaction.objects.all()] == [(cast.dan, "love")]
    assert [fact["kind"] for fact in facts("PostReacted")] == ["like", "love", "love", ""]
    assert [payload["reactions"] for _group, _kind, payload in pushed] == [
        {"like": 1},
        {"love": 1},
        {"love": 2},
        {"love": 1},
    ]


def test_comments_take_reactions_too(cast: Cast, pushed: list) -> None:
    row = make_comment(make_post(cast.alice), cast.bob)
    reaction_actions.react_to_comment(actor=cast.dan, comment_id=row.pk, kind="wow")
    row.refresh_from_db()
    assert (row.reactions, row.reactions_count) == ({"wow": 1}, 1)
    assert pushed[-1][1:] == ("comment.counts", {"post": row.post_id, "comment": row.pk, "reactions": {"wow": 1}})
    reaction_actions.unreact_to_comment(actor=cast.dan, comment_id=row.pk)
    row.refresh_from_db()
    assert (row.reactions, row.reactions_count) == ({}, 0)


def test_there_are_six_reactions(cast: Cast) -> None:
    with pytest.raises(errors.Invalid):
        reaction_actions.react(actor=cast.bob, post_id=make_post(cast.alice).pk, kind="shrug")


@pytest.mark.parametrize("do", ["react", "unreact", "comment", "edit", "delete"])
def test_what_is_hidden_cannot_be_touched(cast: Cast, do: str) -> None:
    post = make_post(cast.alice)
    calls = {
        "react": lambda: reaction_actions.react(actor=cast.mallory, post_id=post.pk, kind="like"),
        "unreact": lambda: reaction_actions.unreact(actor=cast.mallory, post_id=post.pk),
        "comment": lambda: comment_actions.comment(actor=cast.mallory, post_id=post.pk, text="hi"),
        "edit": lambda: post_actions.edit_post(actor=cast.mallory, post_id=post.pk, text="hi"),
        "delete": lambda: post_actions.delete_post(actor=cast.mallory, post_id=post.pk),
    }
    with pytest.raises(errors.NotFound):
        calls[do]()
    assert Event.objects.count() == 0


def test_counts_are_the_same_for_every_reader_also_after_a_block(cast: Cast) -> None:
    post = make_post(cast.dan)
    comment_actions.comment(actor=cast.bob, post_id=post.pk, text="hi")
    reaction_actions.react(actor=cast.bob, post_id=post.pk, kind="like")
    relations.block(actor=cast.carol, person=cast.bob.pk)
    post.refresh_from_db()
    assert (post.comments_count, post.reactions) == (1, {"like": 1})


# -- Live


def test_a_new_post_is_announced_to_the_followers_who_may_see_it(cast: Cast, pushed: list) -> None:
    post = post_actions.create_post(actor=cast.alice, text="news", audience="followers")
    outbox.drain()
    told = {name for groups, kind, _payload in pushed if kind == "post.new" for name in groups}
    assert told == {f"user:{user.pk}" for user in (cast.alice, cast.bob, cast.dan)}
    assert pushed[-1][2] == {"post": post.pk, "author": cast.alice.pk}


@pytest.mark.parametrize("audience", ["only_me", "public"])
def test_what_is_private_or_gone_is_announced_to_nobody_else(cast: Cast, pushed: list, audience: str) -> None:
    post = post_actions.create_post(actor=cast.alice, text="news", audience=audience)
    if audience == "public":
        post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    outbox.drain()
    told = {name for groups, kind, _payload in pushed if kind == "post.new" for name in groups}
    assert told == ({f"user:{cast.alice.pk}"} if audience == "only_me" else set())


@pytest.mark.parametrize("followers", [3, 30])
def test_announcing_costs_three_queries_however_many_follow(
    cast: Cast, followers: int, django_assert_num_queries
) -> None:
    from accounts.tests.factories import make_follow

    for _number in range(followers):
        make_follow(make_user(), cast.carol)
    post = make_post(cast.carol)
    with django_assert_num_queries(3):  # the post, who follows its author, who follows its hashtags
        chunks = list(live_queries.announce_to(post.pk, at_once=10))
    assert sum(len(chunk) for chunk in chunks) == followers + 1


def test_who_unfollows_is_checked_again(cast: Cast, monkeypatch) -> None:
    checked = []
    monkeypatch.setattr(realtime, "access_changed", checked.append)
    relations.unfollow(actor=cast.bob, person=cast.alice.pk)
    assert checked == [cast.bob.pk]


# -- Counts


def test_recount_mends_every_count(cast: Cast) -> None:
    right, wrong = make_post(cast.alice), make_post(cast.alice)
    for post in (right, wrong):
        make_comment(post, cast.bob)
        make_reaction(post, cast.bob, "wow")
    User.objects.filter(pk=cast.bob.pk).update(posts_count=9)
    Post.objects.filter(pk=wrong.pk).update(comments_count=7, reactions={"sad": 2}, reactions_count=2)
    Comment.objects.filter(post=wrong).update(reactions={"sad": 2}, reactions_count=2)
    assert registry.recounts["posts"]() == 1
    assert registry.recounts["reactions and comments"]() == 2
    wrong.refresh_from_db()
    cast.bob.refresh_from_db()
    assert (wrong.comments_count, wrong.reactions, wrong.reactions_count) == (1, {"wow": 1}, 1)
    assert cast.bob.posts_count == 0
    assert (registry.recounts["posts"](), registry.recounts["reactions and comments"]()) == (0, 0)


def at_once(calls: list) -> list:
    """Runs the calls in threads that all start together; returns what they raised."""
    raised = []
    gate = threading.Barrier(len(calls))

    def run(call) -> None:
        try:
            gate.wait(10)
            call()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return raised


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_counts_are_right_after_a_race() -> None:
    author = make_user("author")
    people = [make_user(f"racer{number}") for number in range(8)]
    post = make_post(author)
    calls = []
    for number, user in enumerate(people):
        kinds = ["like", "love", "sad"]
        calls.append(
            lambda user=user, kind=kinds[number % 3]: reaction_actions.react(actor=user, post_id=post.pk, kind=kind)
        )
        calls.append(lambda user=user: comment_actions.comment(actor=user, post_id=post.pk, text="me too"))
    calls += [lambda: reaction_actions.react(actor=people[0], post_id=post.pk, kind="wow") for _again in range(2)]
    assert at_once(calls) == []
    post.refresh_from_db()
    kinds = list(Reaction.objects.filter(post=post).values_list("kind", flat=True))
    assert post.comments_count == Comment.objects.filter(post=post).count() == 8
    assert post.reactions == {kind: kinds.count(kind) for kind in set(kinds)}
    assert post.reactions_count == len(kinds) == 8


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_repeat_at_the_same_moment_stands_once() -> None:
    author = make_user("author")
    picture = upload(author)
    calls = [
        lambda: post_actions.create_post(actor=author, text="once", pictures=[picture.key], client_id="same")
        for _number in range(6)
    ]
    assert at_once(calls) == []
    author.refresh_from_db()
    assert (Post.objects.count(), author.posts_count, PostPicture.objects.count()) == (1, 1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_deleting_twice_at_once_counts_once() -> None:
    author, guest = make_user("author"), make_user("guest")
    post = post_actions.create_post(actor=author, text="here")
    row = comment_actions.comment(actor=guest, post_id=post.pk, text="there")
    raised = at_once([lambda: comment_actions.delete_comment(actor=author, comment_id=row.pk) for _number in range(4)])
    assert [type(error) for error in raised] == [errors.NotFound] * 3
    post.refresh_from_db()
    assert post.comments_count == 0
