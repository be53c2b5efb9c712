"""The second level of comments: who stands where, who sees what, what it costs."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.actions import mutes
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in, make_block, make_user
from core import errors
from feed import belongings
from feed.actions import comments as comment_actions
from feed.actions import counts
from feed.models.comments import Comment
from feed.models.posts import Post
from feed.queries import comments as comment_queries
from feed.serializers import comments as comment_serializers
from feed.tests.factories import make_comment, make_post
from feed.tests.test_actions import at_once, facts, pushed  # noqa: F401  the fixture
from feed.tests.test_queries import plan
from uploads.models import Upload
from uploads.tests import factories as upload_factories

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        log_in(client, user)
    return client


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def say(actor: User, post: Post, text: str, parent: Comment | None = None, **given: Any) -> Comment:
    return comment_actions.comment(
        actor=actor, post_id=post.pk, text=text, parent=parent.pk if parent else None, **given
    )


def picture(owner: User, **fields: Any) -> Upload:
    return upload_factories.make_upload(owner, **{"purpose": "comment", **fields})


def shown(viewer: User | None, post: Post) -> list[Any]:
    """[(text or None for a closed line, [texts of answers])], newest first."""
    rows = comment_queries.comments(viewer, post).rows
    return [(None if getattr(row, "is_gone", False) else row.text, [one.text for one in row.answers]) for row in rows]


def counted(post: Post) -> tuple[int, dict[int, int]]:
    """Comments of the post, replies of each thread, as the columns say; and as there are."""
    stands = Comment.objects.filter(post=post, deleted_at__isnull=True)
    firsts = Comment.objects.filter(post=post, parent=None)
    said = Post.objects.get(pk=post.pk).comments_count, {row.pk: row.replies_count for row in firsts}
    assert said == (stands.count(), {row.pk: stands.filter(parent=row).count() for row in firsts})
    return said


# -- Writing


@pytest.mark.both
def test_an_answer_to_an_answer_hangs_on_the_first_and_says_whom_it_answers(cast: Cast) -> None:
    post = make_post(cast.alice)
    first = say(cast.bob, post, "one")
    second = say(cast.dan, post, "two", first)
    third = say(cast.carol, post, "three", second)
    own = say(cast.dan, post, "four", second)
    named = say(cast.bob, post, "no, @Dan, five", second)
    assert {row.parent_id for row in (second, third, own, named)} == {first.pk}
    assert [row.text for row in (second, third, own, named)] == ["two", "@dan three", "four", "no, @Dan, five"]
    assert 'href="/@dan/"' in third.html
    assert counted(post) == (5, {first.pk: 4})
    assert [fact["parent_id"] for fact in facts("CommentCreated")] == [None, *[first.pk] * 4]


def test_watchers_hear_where_an_answer_stands(cast: Cast, pushed: list) -> None:  # noqa: F811
    post = make_post(cast.alice)
    first = make_comment(post, cast.bob)
    row = say(cast.dan, post, "hm", first)
    comment_actions.edit_comment(actor=cast.dan, comment_id=row.pk, text="hm!")
    comment_actions.delete_comment(actor=cast.dan, comment_id=row.pk)
    about = {"post": post.pk, "comment": row.pk, "parent": first.pk}
    assert [(kind, payload) for _group, kind, payload in pushed if kind.startswith("comment.")] == [
        ("comment.new", about),
        ("comment.edited", about),
        ("comment.gone", about),
    ]


@pytest.mark.parametrize("which", ["absent", "elsewhere", "blocked", "deleted"])
def test_what_one_cannot_see_cannot_be_answered(cast: Cast, which: str) -> None:
    post = make_post(cast.alice)
    rows = {
        "absent": 10**9,
        "elsewhere": make_comment(make_post(cast.alice), cast.dan).pk,
        "blocked": make_comment(post, cast.mallory).pk,
        "deleted": make_comment(post, cast.dan, deleted_at=timezone.now()).pk,
    }
    make_block(cast.bob, cast.mallory)
    with pytest.raises(errors.NotFound) as caught:
        comment_actions.comment(actor=cast.bob, post_id=post.pk, text="hi", parent=rows[which])
    assert caught.value.field == "parent"


def test_only_the_author_edits_and_the_mark_is_seen(cast: Cast) -> None:
    post = make_post(cast.alice)
    row = make_comment(post, cast.bob, "old")
    for other in (cast.alice, cast.dan):
        with pytest.raises(errors.NotAllowed):
            comment_actions.edit_comment(actor=other, comment_id=row.pk, text="mine")
    assert comment_actions.edit_comment(actor=cast.bob, comment_id=row.pk, text="old ").edited_at is None
    with pytest.raises(errors.Invalid):
        comment_actions.edit_comment(actor=cast.bob, comment_id=row.pk, text=" ")
    client = browser(cast.bob)
    assert ">old</textarea>" in client.get(f"/comments/{row.pk}/edit/").content.decode().replace("\n", "")
    assert client.post(f"/comments/{row.pk}/edit/", {"text": "z" * 2001}).status_code == 422
    answer = client.post(f"/comments/{row.pk}/edit/", {"text": "*new*"})
    assert answer["Location"] == f"/comments/{row.pk}/thread/#comment-{row.pk}"
    page = client.get(f"/posts/{post.pk}/").content.decode()
    assert "<em>new</em>" in page
    assert "data-edited" in page
    assert [fact["comment_id"] for fact in facts("CommentEdited")] == [row.pk]
    assert browser(cast.dan).get(f"/comments/{row.pk}/edit/").status_code == 403


# -- What stands, and for whom


@pytest.mark.both
def test_a_deleted_comment_keeps_its_place_while_answers_stand(cast: Cast) -> None:
    post = make_post(cast.alice)
    first = say(cast.bob, post, "one")
    answer = say(cast.dan, post, "two", first)
    comment_actions.delete_comment(actor=cast.bob, comment_id=first.pk)
    assert shown(cast.carol, post) == [(None, ["two"])]
    page = browser(cast.carol).get(f"/posts/{post.pk}/").content.decode()
    assert "This comment is gone." in page
    assert "one" not in re.findall(r"<p>(\w+)</p>", page)
    assert api(cast.carol).get(f"/api/v1/posts/{post.pk}/comments").json()["results"][0] | {"replies": []} == {
        "id": first.pk, "post": post.pk, "parent": None, "url": f"/comments/{first.pk}/thread/#comment-{first.pk}",
        "is_gone": True, "author": None, "text": "", "html": "", "picture": None, "reactions": {},
        "reactions_count": 0, "my_reaction": None, "created_at": None, "edited_at": None, "replies_count": 1,
        "replies": [],
    }  # fmt: skip
    assert counted(post) == (1, {first.pk: 1})
    say(cast.alice, post, "three", answer)
    assert shown(cast.carol, post) == [(None, ["two", "@dan three"])], "the talk below it goes on"
    for row in Comment.objects.filter(parent=first):
        comment_actions.delete_comment(actor=cast.alice, comment_id=row.pk)
    assert shown(cast.carol, post) == []
    assert counted(post) == (0, {first.pk: 0})


@pytest.mark.both
def test_undo_brings_back_the_comment_and_its_count(cast: Cast) -> None:
    post = make_post(cast.alice)
    first = say(cast.bob, post, "one")
    answer = say(cast.dan, post, "two", first)
    for row, actor in ((answer, cast.dan), (first, cast.bob)):
        comment_actions.delete_comment(actor=actor, comment_id=row.pk)
    assert shown(None, post) == []
    assert api(cast.bob).post(f"/api/v1/comments/{first.pk}/undo").json()["text"] == "one"
    fragment = browser(cast.dan).post(f"/comments/{answer.pk}/undo/", headers=HX).content.decode()
    assert f'data-parent="{first.pk}"' in fragment
    assert shown(None, post) == [("one", ["two"])]
    assert counted(post) == (2, {first.pk: 1})


@pytest.mark.parametrize("tie", ["blocks", "is blocked", "mutes", "mutes the words"])
def test_each_answer_is_hidden_or_heard_by_its_own_author(cast: Cast, tie: str) -> None:
    post = make_post(cast.alice)
    first = say(cast.bob, post, "a plum")
    say(cast.dan, post, "plain", first)
    other = say(cast.dan, post, "plain, too")
    say(cast.bob, post, "plum again", other)
    if "block" in tie:
        make_block(*((cast.carol, cast.bob) if tie == "blocks" else (cast.bob, cast.carol)))
    elif tie == "mutes":
        mutes.mute(actor=cast.carol, person="bob")
    else:
        mutes.mute_word(actor=cast.carol, phrase="plum")
    assert shown(cast.carol, post) == [("plain, too", []), (None, ["plain"])]
    assert shown(cast.alice, post) == [("plain, too", ["plum again"]), ("a plum", ["plain"])]
    counts = api(cast.carol).get(f"/api/v1/posts/{post.pk}/comments").json()["results"]
    assert [row["replies_count"] for row in counts] == [1, 1], "counts are the same for every reader"


def test_answers_are_heard_of_one_by_one(cast: Cast) -> None:
    """The live fragment is refused for what is muted, and an answer comes without its thread."""
    post = make_post(cast.alice)
    first = make_comment(post, cast.bob)
    row = make_comment(post, cast.dan, "hm", parent=first)
    mutes.mute(actor=cast.carol, person="bob")
    client = browser(cast.carol)
    assert client.get(f"/comments/{first.pk}/", headers=HX).status_code == 404
    fragment = client.get(f"/comments/{row.pk}/", headers=HX).content.decode()
    assert fragment.strip().startswith("<div")
    assert "data-thread" not in fragment


# -- Long threads


def test_a_long_thread_shows_its_last_answers_and_the_way_to_all(cast: Cast) -> None:
    post = make_post(cast.alice)
    first = make_comment(post, cast.bob, "first")
    for number in range(45):
        make_comment(post, cast.dan, f"number {number}.", parent=first)
    client = browser(cast.bob)
    page = client.get(f"/posts/{post.pk}/").content.decode()
    assert re.findall(r"number (\d+)\.", page) == ["43", "44"]
    seen = ["43", "44"]
    while link := re.search(r'hx-get="(/comments/[^"]+)"', page):
        page = client.get(link[1], headers=HX).content.decode()
        seen = re.findall(r"number (\d+)\.", page) + seen
        assert "<html" not in page
    assert seen == [str(number) for number in range(45)]
    found, cursor = [], ""
    while cursor is not None:
        answer = api(cast.bob).get(f"/api/v1/comments/{first.pk}/replies", {"cursor": cursor}).json()
        found += [row["text"] for row in answer["results"]]
        cursor = answer["next"]
    assert found == [f"number {number}." for number in range(44, -1, -1)]


def test_the_link_to_an_answer_opens_it_in_its_thread(cast: Cast) -> None:
    post = make_post(cast.alice, "the post itself")
    first = make_comment(post, cast.bob, "the first")
    rows = [make_comment(post, cast.dan, f"number {number}.", parent=first) for number in range(45)]
    make_comment(post, cast.dan, "another talk")
    page = browser(cast.carol).get(rows[30].get_absolute_url()).content.decode()
    assert re.findall(r"number (\d+)\.", page) == [str(number) for number in range(11, 31)]
    assert "the post itself" in page
    assert "the first" in page
    assert "another talk" not in page
    assert f'id="comment-{rows[30].pk}"' in page
    assert f'name="parent" value="{rows[30].pk}"' in page
    mutes.mute(actor=cast.carol, person="dan")
    muted = browser(cast.carol).get(rows[30].get_absolute_url()).content.decode()
    assert re.findall(r"number (\d+)\.", muted) == ["30"], "what one asks for is shown"


@pytest.mark.parametrize("number", [3, 31])
def test_a_page_of_threads_costs_the_same_however_many_and_long(
    cast: Cast, number: int, django_assert_num_queries: Any
) -> None:
    post = make_post(cast.alice)
    for turn in range(number):
        first = make_comment(post, cast.dan, f"{turn}", **({"deleted_at": timezone.now()} if turn % 2 else {}))
        for _answer in range(number // 3):
            make_comment(post, cast.bob, "hm", parent=first, picture=picture(cast.bob))
    with django_assert_num_queries(9):
        rows = comment_queries.comments(cast.carol, post).rows
        found = [comment_serializers.comment(row) for row in rows]
    assert len(found) == min(number, 20)
    assert {len(row["replies"]) for row in found} == {min(number // 3, comment_queries.REPLIES_SHOWN)}
    with django_assert_num_queries(5):
        comment_queries.replies(cast.carol, first.pk)


def test_replies_walk_their_index_and_sort_nothing(cast: Cast) -> None:
    rows = Comment.objects.filter(parent=make_comment(make_post(cast.alice), cast.bob), deleted_at__isnull=True)
    found = plan(rows.order_by("-id")[:20])
    assert "comment_reply" in found
    assert "TEMP B-TREE" not in found


# -- Taking along and going


def test_the_export_says_where_a_comment_stands_and_has_its_picture(cast: Cast) -> None:
    post = make_post(cast.alice)
    first = say(cast.dan, post, "not mine")
    row = say(cast.bob, post, "mine", first, picture=(key := picture(cast.bob).key), alt="a pear")
    [said] = list(belongings.comments(cast.bob))
    assert (said["id"], said["parent"], said["picture"]) == (
        row.pk,
        first.pk,
        {"file": f"media/{key}.webp", "alt": "a pear"},
    )


@pytest.mark.both
def test_who_leaves_takes_their_words_and_not_the_answers_of_others(cast: Cast) -> None:
    post = make_post(cast.alice)
    first = say(cast.bob, post, "his words", picture=(key := picture(cast.bob).key))
    say(cast.dan, post, "hers", first)
    say(cast.bob, post, "his answer", first)
    alone = say(cast.bob, post, "his alone")
    say(cast.bob, post, "to himself", alone)
    below = say(cast.dan, post, "dan's")
    say(cast.bob, post, "to dan", below)
    while belongings.erase_comments(member=cast.bob, take_messages=False):
        pass
    assert shown(cast.carol, post) == [("dan's", []), (None, ["hers"])]
    shell = Comment.objects.get(pk=first.pk)
    assert (shell.author, shell.text, shell.html, shell.picture, shell.replies_count) == (None, "", "", None, 1)
    assert Upload.objects.get(key=key).discarded_at
    assert not Comment.objects.filter(author=cast.bob).exists()
    assert counted(post) == (2, {first.pk: 1, below.pk: 0})
    with pytest.raises(errors.NotFound):
        comment_queries.comment(cast.carol, first.pk)


def test_erasing_a_post_lets_the_pictures_under_it_go(cast: Cast) -> None:
    post = make_post(cast.alice)
    first = say(cast.bob, post, "look", picture=(key := picture(cast.bob).key))
    say(cast.dan, post, "nice", first)
    while belongings.erase_posts(member=cast.alice, take_messages=False):
        pass
    assert not Comment.objects.exists()
    assert Upload.objects.get(key=key).discarded_at


def test_recount_mends_replies(cast: Cast) -> None:
    post = make_post(cast.alice)
    first = say(cast.bob, post, "one")
    say(cast.dan, post, "two", first)
    Comment.objects.filter(pk=first.pk).update(replies_count=7)
    assert counts.recount_posts() == 1
    assert counted(post) == (2, {first.pk: 1})
    assert counts.recount_posts() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_counts_are_right_after_answers_and_deletions_in_a_race() -> None:
    people = [make_user(f"racer{number}") for number in range(8)]
    post = make_post(people[0])
    first = say(people[0], post, "first")
    rows = [say(user, post, "before", first) for user in people]
    calls: list[Any] = []
    for user, row in zip(people, rows, strict=True):
        calls.append(lambda user=user: say(user, post, "now", first))
        calls.append(lambda user=user, row=row: comment_actions.delete_comment(actor=user, comment_id=row.pk))
    calls.append(lambda: comment_actions.delete_comment(actor=people[0], comment_id=first.pk))
    raised = at_once(calls)
    assert all(isinstance(error, errors.NotFound) for error in raised), "who came after the first comment had gone"
    counted(post)
