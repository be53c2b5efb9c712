from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import Cast, make_block
from core import errors
from feed import access
from feed.models import Audience
from feed.tests.factories import make_comment, make_post
from uploads import access as upload_access

pytestmark = pytest.mark.django_db

EVERYBODY = {"alice", "bob", "carol", "dan", "mod"}
SEES = {
    Audience.PUBLIC: EVERYBODY | {None},
    Audience.MEMBERS: EVERYBODY,
    Audience.FOLLOWERS: {"alice", "bob", "dan"},
    Audience.ONLY_ME: {"alice"},
}


def person(cast: Cast, name: str | None):
    return getattr(cast, name) if name else None


@pytest.mark.both
@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dan", "mallory", "mod", None])
@pytest.mark.parametrize("audience", Audience.values)
def test_who_sees_a_post_of_alice(cast: Cast, audience: str, who: str | None) -> None:
    post = make_post(cast.alice, audience=audience, pictures=1)
    row = make_comment(post, cast.alice)
    picture = post.pictures.get().upload
    viewer = person(cast, who)
    sees = who in SEES[Audience(audience)]
    assert access.visible_posts(viewer).filter(pk=post.pk).exists() is sees
    assert access.visible_comments(viewer).filter(pk=row.pk).exists() is sees
    assert upload_access.visible_uploads(viewer).filter(pk=picture.pk).exists() is sees


def refusal(call) -> type[errors.SocialError] | None:
    try:
        call()
    except errors.SocialError as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    ("who", "to", "answer"),
    [
        ("alice", "edit", None),
        ("bob", "comment", None),
        ("bob", "react", None),
        ("bob", "edit", errors.NotAllowed),
        ("mod", "edit", errors.NotAllowed),
        ("mallory", "see", errors.NotFound),
        ("mallory", "comment", errors.NotFound),
        ("mallory", "edit", errors.NotFound),
        (None, "see", None),
        (None, "comment", errors.SignInNeeded),
        (None, "react", errors.SignInNeeded),
        (None, "edit", errors.SignInNeeded),
    ],
)
def test_what_one_may_do_to_a_public_post(cast: Cast, who: str | None, to, answer) -> None:
    post = make_post(cast.alice)
    assert refusal(lambda: access.access_post(person(cast, who), post.pk, to=to)) is answer


def test_hidden_and_absent_answer_alike(cast: Cast) -> None:
    hidden = make_post(cast.alice, audience=Audience.ONLY_ME)
    said = []
    for id in (hidden.pk, 10**6, 2**70, -1):
        with pytest.raises(errors.NotFound) as caught:
            access.access_post(cast.bob, id, to="comment")
        said.append(str(caught.value.message))
    assert len(set(said)) == 1


def test_a_suspended_author_is_gone_at_once(cast: Cast) -> None:
    post = make_post(cast.alice)
    row = make_comment(make_post(cast.dan), cast.alice)
    cast.alice.suspended_until = timezone.now() + timedelta(days=1)
    cast.alice.save()
    for viewer in (cast.bob, None):
        assert refusal(lambda viewer=viewer: access.access_post(viewer, post.pk)) is errors.NotFound
        assert refusal(lambda viewer=viewer: access.access_comment(viewer, row.pk)) is errors.NotFound


def test_somebody_suspended_may_not_act(cast: Cast) -> None:
    post = make_post(cast.alice)
    cast.bob.suspended_until = timezone.now() + timedelta(days=1)
    cast.bob.save()
    assert refusal(lambda: access.access_post(cast.bob, post.pk, to="comment")) is errors.NotAllowed


@pytest.mark.parametrize("blocker", ["bob", "carol"])
def test_a_block_hides_comments_both_ways_under_anybodys_post(cast: Cast, blocker: str) -> None:
    post = make_post(cast.dan)
    by_bob, by_carol = make_comment(post, cast.bob), make_comment(post, cast.carol)
    other = {"bob": cast.carol, "carol": cast.bob}[blocker]
    make_block(getattr(cast, blocker), other)
    assert set(access.visible_comments(cast.bob)) == {by_bob}
    assert set(access.visible_comments(cast.carol)) == {by_carol}
    assert set(access.visible_comments(cast.dan)) == {by_bob, by_carol}


@pytest.mark.parametrize(
    ("who", "answer"), [("bob", None), ("alice", None), ("dan", errors.NotAllowed), ("mallory", errors.NotFound)]
)
def test_who_may_delete_a_comment_of_bob_under_a_post_of_alice(cast: Cast, who: str, answer) -> None:
    row = make_comment(make_post(cast.alice), cast.bob)
    assert refusal(lambda: access.access_comment(person(cast, who), row.pk, to="delete")) is answer
