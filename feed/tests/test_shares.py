"""Shares: posts that show another post, to whoever may see both."""

from typing import Any

import pytest
from django.test import Client

from accounts.actions import mutes, relations
from accounts.models.people import User
from accounts.models.relations import Audience
from accounts.tests.factories import Cast, make_block, make_follow
from core import errors, outbox
from core.models import Event
from feed import belongings
from feed.actions import counts, homes
from feed.actions import hidden as hidden_actions
from feed.actions import posts as post_actions
from feed.actions import saved as saved_actions
from feed.actions import shares as share_actions
from feed.models.posts import Post
from feed.queries import feeds as feed_queries
from feed.queries import home as home_queries
from feed.queries import live as live_queries
from feed.queries import posts as post_queries
from feed.queries import saved as saved_queries
from feed.queries import shares as share_queries
from feed.serializers import posts as post_serializers
from feed.tests.factories import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def share(actor: User, post: Post, text: str = "", **given: Any) -> Post:
    return share_actions.share_post(actor=actor, post_id=post.pk, text=text, **given)


def shown(viewer: User | None, post: Post) -> Any:
    """What a viewer sees of a share: absent, "closed", or the words of what it shares."""
    try:
        row = post_queries.post(viewer, post.pk)
    except errors.NotFound:
        return "absent"
    return row.original.text if row.original else "closed"


def home(viewer: User) -> list[Post]:
    return home_queries.home(viewer).rows


# -- Making them -------------------------------------------------------------------------------------------------------


def test_a_share_is_a_post_of_ones_own_and_shows_the_first_original(cast: Cast) -> None:
    post = make_post(cast.alice, "soup")
    words = share(cast.bob, post, "hear her", audience="members")
    share(cast.mod, post, audience="followers")
    again = share(cast.carol, words)
    assert (words.shared_id, again.shared_id, words.author, again.author) == (post.pk, post.pk, cast.bob, cast.carol)
    assert (words.text, words.audience, again.text, again.is_bare) == ("hear her", "members", "", True)
    post.refresh_from_db()
    assert post.shares_count == 2, "those for all members"
    own = share(cast.alice, post)
    assert shown(cast.dan, own) == "soup"


def test_without_words_it_stands_once(cast: Cast) -> None:
    post = make_post(cast.alice)
    one = share(cast.bob, post)
    assert share(cast.bob, post).pk == share(cast.bob, one, client_id="x").pk == one.pk
    first = share(cast.bob, post, "with words", client_id="y")
    assert share(cast.bob, post, "with words", client_id="y").pk == first.pk
    assert share(cast.bob, post, "with words").pk != first.pk
    post.refresh_from_db()
    assert post.shares_count == 4 - 1
    with pytest.raises(errors.Conflict):
        share(cast.bob, make_post(cast.alice), "with words", client_id="y")


def test_taken_back_shared_again_and_brought_back(cast: Cast) -> None:
    post = make_post(cast.alice)
    one = share(cast.bob, post)
    post_actions.delete_post(actor=cast.bob, post_id=one.pk)
    post.refresh_from_db()
    assert (post.shares_count, shown(cast.carol, one)) == (0, "absent")
    post_actions.undo_delete_post(actor=cast.bob, post_id=one.pk)
    post_actions.delete_post(actor=cast.bob, post_id=one.pk)
    other = share(cast.bob, post)
    assert other.pk != one.pk
    with pytest.raises(errors.Conflict):
        post_actions.undo_delete_post(actor=cast.bob, post_id=one.pk)
    post.refresh_from_db()
    assert post.shares_count == 1


@pytest.mark.parametrize("audience", Audience.values)
def test_only_what_all_members_may_see_is_shared_and_never_with_more(cast: Cast, audience: str) -> None:
    post = make_post(cast.alice, audience=audience)
    allowed = audience in ("public", "members")
    for wanted in Audience.values:
        wider = Audience.values.index(wanted) < Audience.values.index(audience)
        refused = None
        try:
            share(cast.alice, post, wanted, audience=wanted)
        except errors.SocialError as error:
            refused = type(error)
        assert refused is (errors.NotAllowed if not allowed else errors.Invalid if wider else None)


def test_what_is_private_hidden_or_gone_is_not_shared(cast: Cast) -> None:
    post = make_post(cast.dan)
    User.objects.filter(pk=cast.dan.pk).update(is_private=True)
    with pytest.raises(errors.NotAllowed):
        share(cast.alice, post)
    with pytest.raises(errors.NotFound):
        share(cast.carol, post)
    User.objects.filter(pk=cast.dan.pk).update(is_private=False)
    quote = share(cast.alice, post, "words")
    make_block(cast.dan, cast.carol)
    for unseen in (post, quote):
        with pytest.raises(errors.NotFound):
            share(cast.carol, unseen)
    post_actions.delete_post(actor=cast.dan, post_id=post.pk)
    with pytest.raises(errors.NotFound):
        share(cast.bob, quote)


def test_an_edit_never_widens(cast: Cast) -> None:
    post = make_post(cast.alice, audience="members")
    one, bare = share(cast.bob, post, "so"), share(cast.bob, post)
    for row in (one, bare):
        with pytest.raises(errors.Invalid):
            post_actions.edit_post(actor=cast.bob, post_id=row.pk, audience="public")
    with pytest.raises(errors.Invalid):
        post_actions.edit_post(actor=cast.bob, post_id=one.pk, text="")
    post_actions.edit_post(actor=cast.bob, post_id=bare.pk, audience="friends")
    post.refresh_from_db()
    assert post.shares_count == 1
    cast.bob.refresh_from_db()
    before = cast.bob.posts_count
    post_actions.edit_post(actor=cast.bob, post_id=bare.pk, text="now with words", audience="members")
    cast.bob.refresh_from_db()
    post.refresh_from_db()
    assert (post.shares_count, cast.bob.posts_count) == (2, before + 1)
    assert share(cast.bob, post).pk not in (one.pk, bare.pk)
    assert (counts.recount_posts(), counts.recount_members()) == (0, 0)


# -- Seeing them -------------------------------------------------------------------------------------------------------


def test_the_original_is_read_and_never_copied(cast: Cast) -> None:
    post = make_post(cast.alice, "first", pictures=2)
    quote, bare = share(cast.bob, post, "look"), share(cast.bob, post)
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, text="second")
    for row in (quote, bare):
        assert shown(cast.carol, row) == "second"
        said = post_serializers.post(post_queries.post(cast.carol, row.pk))
        assert (said["shared"]["text"], len(said["shared"]["pictures"]), said["is_share"]) == ("second", 2, True)


@pytest.mark.parametrize("how", ["narrower", "deleted", "blocked", "private", "suspended"])
def test_who_loses_the_original_loses_it_at_the_next_read(cast: Cast, how: str) -> None:
    post = make_post(cast.alice, "soup")
    make_follow(cast.carol, cast.dan)
    quote, bare = share(cast.dan, post, "mine"), share(cast.dan, post)
    assert [row.pk for row in home(cast.carol)] == [bare.pk, quote.pk]
    if how == "narrower":
        post_actions.edit_post(actor=cast.alice, post_id=post.pk, audience="friends")
    elif how == "deleted":
        post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    elif how == "blocked":
        make_block(cast.carol, cast.alice)
    else:
        state = {"private": {"is_private": True}, "suspended": {"suspended_until": "2999-01-01T00:00Z"}}[how]
        User.objects.filter(pk=cast.alice.pk).update(**state)
    assert (shown(cast.carol, quote), shown(cast.carol, bare)) == ("closed", "absent")
    assert [row.pk for row in home(cast.carol)] == [quote.pk]
    assert [row.pk for row in post_queries.posts_of(cast.carol, cast.dan).rows] == [quote.pk]
    said = post_serializers.post(post_queries.post(cast.carol, quote.pk))
    assert (said["shared"], said["is_share"], "soup" in str(said)) == (None, True, False)
    client = Client()
    client.force_login(cast.carol)
    page = client.get(f"/posts/{quote.pk}/").content.decode()
    assert "This post cannot be seen." in page
    assert "soup" not in page
    assert f"/posts/{post.pk}/" not in page
    assert client.get(f"/posts/{bare.pk}/").status_code == 404
    assert client.get(f"/api/v1/posts/{bare.pk}").status_code == 404
    assert [row.pk for row in live_queries.watchable(cast.carol.pk, [quote.pk, bare.pk, post.pk])] == [quote.pk]


def test_a_mute_folds_what_has_words_and_takes_the_rest_away(cast: Cast) -> None:
    post = make_post(cast.alice, "soup and a lantern")
    make_follow(cast.carol, cast.dan)
    quote, bare = share(cast.dan, post, "mine"), share(cast.dan, post)
    mutes.mute(actor=cast.carol, person="alice")
    [row] = home(cast.carol)
    assert (row.pk, row.folds_shared, row.original) == (quote.pk, True, post)  # type: ignore[attr-defined]
    assert shown(cast.carol, bare) == "soup and a lantern", "who asks for it sees it"
    mutes.unmute(actor=cast.carol, person="alice")
    hidden_actions.hide_post(actor=cast.carol, post_id=post.pk)
    assert [row.pk for row in home(cast.carol)] == [quote.pk]
    hidden_actions.unhide_post(actor=cast.carol, post_id=post.pk)
    mutes.mute_word(actor=cast.carol, phrase="lantern")
    assert home(cast.carol) == [], "the word would be put before them with either"


def test_a_word_in_what_one_may_not_see_says_nothing(cast: Cast) -> None:
    """Else a mute would be a way to ask what is in it."""
    post = make_post(cast.alice, "the secret lantern")
    make_follow(cast.carol, cast.dan)
    quote = share(cast.dan, post, "mine")
    post_actions.edit_post(actor=cast.alice, post_id=post.pk, audience="friends")
    mutes.mute_word(actor=cast.carol, phrase="lantern")
    assert [row.pk for row in home(cast.carol)] == [quote.pk]


def test_a_page_shows_it_once_and_leaves_no_hole(cast: Cast) -> None:
    for one in (cast.alice, cast.dan):
        make_follow(cast.carol, one)
    post = make_post(cast.alice, "soup")
    by_dan, by_alice = share(cast.dan, post), share(cast.alice, post)
    page = home(cast.carol)
    assert [(row.pk, getattr(row, "shown_at", None)) for row in page] == [
        (by_alice.pk, post.pk),
        (by_dan.pk, post.pk),
        (post.pk, None),
    ]
    relations.unfollow(actor=cast.carol, person="alice")
    make_follow(cast.carol, cast.mod)
    by_mod = share(cast.mod, post)
    assert [(row.pk, row.shown_at) for row in home(cast.carol)] == [(by_mod.pk, None), (by_dan.pk, by_mod.pk)]  # type: ignore[attr-defined]
    client = Client()
    client.force_login(cast.carol)
    assert client.get("/").content.decode().count("soup") == 1


@pytest.mark.parametrize("number", [5, 50])
def test_a_page_of_shares_costs_no_query_more(cast: Cast, number: int, django_assert_num_queries: Any) -> None:
    for turn in range(number):
        post = make_post(cast.dan, f"{turn}", pictures=2)
        make_post(cast.alice, "by the way", pictures=1)
        share(cast.alice, post, "words" if turn % 2 else "")
    homes.settle_waiting()
    with django_assert_num_queries(7):
        rows = home(cast.bob)
        said = [post_serializers.post(row) for row in rows]
    assert len([one for one in said if one["shared"] and len(one["shared"]["pictures"]) == 2]) == min(number, 10)


def test_who_shared_and_how_many(cast: Cast, django_assert_num_queries: Any) -> None:
    post = make_post(cast.alice)
    for actor, audience in (
        (cast.bob, "only_me"),
        (cast.carol, "members"),
        (cast.dan, "public"),
        (cast.mod, "members"),
    ):
        share(actor, post, audience=audience)
    make_block(cast.alice, cast.mod)
    with django_assert_num_queries(5):
        _post, page = share_queries.shares_of(cast.alice, post.pk)
    assert [row.author.handle for row in page.rows] == ["dan", "carol"]
    assert {post_queries.post(viewer, post.pk).shares_count for viewer in (None, cast.alice, cast.bob)} == {3}
    assert [row.author.handle for row in share_queries.shares_of(None, post.pk)[1].rows] == ["dan"]


def test_the_feed_for_readers_has_what_everybody_may_see(cast: Cast) -> None:
    open_post, members = make_post(cast.alice, "for all"), make_post(cast.alice, "for members", audience="members")
    share(cast.bob, open_post, audience="public")
    share(cast.bob, open_post, "and words", audience="public")
    share(cast.bob, members)
    later = share(cast.bob, open_post2 := make_post(cast.alice, "narrow soon"), "still", audience="public")
    post_actions.edit_post(actor=cast.alice, post_id=open_post2.pk, audience="members")
    for viewer in (None, cast.carol):
        _who, rows = feed_queries.person_feed(viewer, "bob")
        assert len(rows) == 3
        client = Client()
        if viewer:
            client.force_login(viewer)
        told = client.get("/@bob/feed.xml").content.decode()
        assert (told.count("<item>"), told.count("for all"), "for members" in told, "narrow" in told) == (
            3,
            3,
            False,
            False,
        )
        assert later.get_absolute_url() in told


@pytest.mark.parametrize("how", ["plain", "muted", "blocked", "word", "hidden", "narrow", "private", "gone"])
def test_who_is_told_of_a_share_is_who_will_see_it(cast: Cast, how: str) -> None:
    """The handler asks for all at once; the home of each decides for itself. The two agree."""
    people = [cast.bob, cast.carol, cast.dan, cast.mod]
    for one in people:
        make_follow(one, cast.mallory)
    post = make_post(cast.alice, "soup with a lantern")
    relations.unblock(actor=cast.alice, person="mallory")
    rows = [share(cast.mallory, post), share(cast.mallory, post, "words")]
    if how == "muted":
        mutes.mute(actor=cast.carol, person="alice")
    elif how == "blocked":
        make_block(cast.alice, cast.carol)
    elif how == "word":
        for one in (cast.carol, cast.dan):
            mutes.mute_word(actor=one, phrase="lantern")
    elif how == "hidden":
        hidden_actions.hide_post(actor=cast.carol, post_id=post.pk)
    elif how == "narrow":
        post_actions.edit_post(actor=cast.alice, post_id=post.pk, audience="friends")
    elif how == "private":
        User.objects.filter(pk=cast.alice.pk).update(is_private=True)
    elif how == "gone":
        post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    for row in rows:
        told = {id for ids in live_queries.announce_to(row.pk, at_once=10) for id in ids} - {cast.mallory.pk}
        assert told == {one.pk for one in people if row.pk in {found.pk for found in home(one)}}


# -- Doors -------------------------------------------------------------------------------------------------------------


def test_the_api_shares_and_takes_back(cast: Cast) -> None:
    post = make_post(cast.alice, "soup")
    client = Client()
    client.force_login(cast.bob)
    url = f"/api/v1/posts/{post.pk}/shares"
    made = client.post(url, {}, content_type="application/json")
    assert (made.status_code, made.json()["shared"]["text"]) == (201, "soup")
    again = client.post(url, {"text": " "}, content_type="application/json").json()
    assert again["id"] == made.json()["id"]
    said = client.get(f"/api/v1/posts/{post.pk}").json()
    assert (said["my_share"], said["shares_count"], said["is_share"]) == (again["id"], 1, False)
    assert [one["id"] for one in client.get(url).json()["results"]] == [again["id"]]
    wide = client.post(
        f"/api/v1/posts/{make_post(cast.dan, audience='members').pk}/shares", {"audience": "public"}, "application/json"
    )
    assert (wide.status_code, list(wide.json()["errors"])) == (422, ["audience"])
    assert client.delete(f"/api/v1/posts/{again['id']}").status_code == 204
    assert client.get(f"/api/v1/posts/{post.pk}").json()["my_share"] is None
    assert client.post(f"/api/v1/posts/{again['id']}/undo").json()["shared"]["text"] == "soup"


def test_plain_forms_share_and_keep_what_is_refused(cast: Cast) -> None:
    post = make_post(cast.alice, "soup", audience="members")
    client = Client()
    client.force_login(cast.bob)
    url = f"/posts/{post.pk}/share/"
    page = client.get(url).content.decode()
    assert 'value="members"' in page
    assert 'value="public"' not in page
    refused = client.post(url, {"text": "x" * 5001, "audience": "members"})
    assert (refused.status_code, "x" * 5001 in refused.content.decode()) == (422, True)
    done = client.post(url, {"text": "Look", "audience": "members"})
    quote = Post.objects.get(text="Look")
    assert (done.status_code, done.headers["Location"]) == (302, quote.get_absolute_url())
    client.post(url, {"text": "", "audience": "friends"})
    assert "You share it already." in client.get(url).content.decode()
    assert "Look" in client.get(f"/posts/{post.pk}/shares/").content.decode()
    assert client.get(f"/posts/{make_post(cast.alice, audience='friends').pk}/share/").status_code == 404


def test_what_is_told_to_other_sites_is_the_original(cast: Cast) -> None:
    bare = share(cast.bob, make_post(cast.alice, "soup for everybody", pictures=1), audience="public")
    page = Client().get(bare.get_absolute_url()).content.decode()
    assert '<meta property="og:description" content="soup for everybody">' in page
    assert 'content="summary_large_image"' in page


def test_who_goes_takes_their_words_along_and_leaves_those_of_others(cast: Cast) -> None:
    post, other = make_post(cast.alice, "soup"), make_post(cast.bob)
    quote, bare = share(cast.bob, post, "mine"), share(cast.bob, post)
    share(cast.alice, other)
    while belongings.erase_posts(member=cast.alice, take_messages=False):
        pass
    other.refresh_from_db()
    bare.refresh_from_db()
    assert (other.shares_count, bare.shared_id, bare.deleted_at is None) == (0, None, False)
    assert shown(cast.carol, quote) == "closed"
    with pytest.raises(errors.NotFound):
        share(cast.carol, quote)
    post_actions.undo_delete_post(actor=cast.bob, post_id=bare.pk)
    assert shown(cast.bob, bare) == "absent"
    assert counts.recount_posts() == 0


def test_a_share_is_announced_as_a_post_and_as_a_share(cast: Cast) -> None:
    post = make_post(cast.alice)
    outbox.drain()
    before = Event.objects.count()
    one = share(cast.bob, post)
    share(cast.bob, post)
    kinds = list(Event.objects.order_by("pk").values_list("name", "data")[before:])
    assert [kind for kind, _data in kinds] == ["feed.PostCreated", "feed.PostShared"]
    assert kinds[1][1] == {"post_id": post.pk, "share_id": one.pk, "user_id": cast.bob.pk}


def test_saved_and_hidden_are_the_shares_own(cast: Cast) -> None:
    post = make_post(cast.alice, "soup")
    bare = share(cast.dan, post)
    saved_actions.save_post(actor=cast.bob, post_id=bare.pk)
    [row] = saved_queries.saved(cast.bob).rows
    assert (row.pk, row.original) == (bare.pk, post)
    post_actions.delete_post(actor=cast.alice, post_id=post.pk)
    assert saved_queries.saved(cast.bob).rows == []
