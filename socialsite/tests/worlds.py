"""Any few people's ties as rows: many graphs at once, in about thirty statements. The oracle is graphs.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models.friends import DismissedSuggestion, FriendRequest
from accounts.models.lists import ListedPerson, PeopleList
from accounts.models.mutes import Mute, MutedWord
from accounts.models.people import User
from accounts.models.relations import Block, CloseFriend, Follow, FollowRequest, Friendship
from core import folding
from feed.models.comments import Comment
from feed.models.polls import Poll
from feed.models.posts import Post, PostPicture
from feed.models.reactions import Reaction
from feed.models.revisions import Revision
from feed.models.sources import Filing, Home, HomeEntry, Source, SourceKind, Subscription, SubscriptionState
from socialsite.tests.graphs import AUDIENCES, WORD, Graph, Place, Share, Viewer, has_word, number_of
from uploads.models import Upload


@dataclass
class World:
    """A graph as rows."""

    graph: Graph
    people: list[User]
    posts: dict[Place, Post] = field(default_factory=dict)
    comments: dict[tuple[Place, int], Comment] = field(default_factory=dict)
    pictures: dict[Place, Upload] = field(default_factory=dict)
    said_pictures: dict[tuple[Place, int], Upload] = field(default_factory=dict)
    avatars: list[Upload] = field(default_factory=list)
    lists: list[PeopleList] = field(default_factory=list)

    @property
    def tag(self) -> str:
        return self.people[0].handle.replace("who", "lamp").partition("x")[0]

    def person(self, one: Viewer) -> User | None:
        return None if one is None else self.people[one]


def build(graphs: Sequence[Graph], *, start: int = 0) -> list[World]:
    """Worlds beside each other, in about twenty statements however many there are."""
    worlds = [World(graph, _members(graph, start + number)) for number, graph in enumerate(graphs)]
    User.objects.bulk_create([person for world in worlds for person in world.people])
    _tie(worlds)
    _write(worlds)
    for world in worlds:
        _bring_home(world)
    return worlds


def _members(graph: Graph, number: int) -> list[User]:
    soon, ago = timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=1)
    return [
        User(
            handle=f"who{number}x{one}",
            display_name=f"Who{number}x{one}",
            email=f"{number}.{one}@example.org",
            password="!",
            is_private=one in graph.private,
            friends_audience="public",
            is_active=one not in graph.inactive,
            suspended_until=soon if one in graph.suspended else ago if one in graph.suspended_over else None,
            followers_count=len(graph.to("follows", one)),
            following_count=len(graph.of("follows", one)),
            friends_count=len(graph.of("friends", one)),
            requests_count=len(graph.to("asks", one)),
            friend_requests_count=len(graph.to("friend_asks", one)),
            posts_count=2,
        )
        for one in graph.everybody
    ]


def _tie(worlds: list[World]) -> None:
    ago, soon = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)

    def rows(ties: str, model: Any, one: str, other: str, **more: Any) -> None:
        model.objects.bulk_create(
            model(**{one: world.people[a], other: world.people[b]}, **more)
            for world in worlds
            for a, b in sorted(getattr(world.graph, ties))
        )

    rows("follows", Follow, "follower", "followed")
    rows("asks", FollowRequest, "asker", "asked")
    rows("friends", Friendship, "person", "friend")
    rows("friend_asks", FriendRequest, "asker", "asked")
    rows("close", CloseFriend, "owner", "friend")
    rows("blocks", Block, "blocker", "blocked")
    rows("mutes", Mute, "muter", "muted")
    rows("mutes_over", Mute, "muter", "muted", until=ago)
    rows("dismissed", DismissedSuggestion, "viewer", "person")
    MutedWord.objects.bulk_create(
        MutedWord(muter=world.people[one], phrase=WORD, folded=folding.needle(WORD), until=until)
        for world in worlds
        for deaf, until in ((world.graph.deaf, soon), (world.graph.deaf_over, ago))
        for one in deaf
    )
    for world in worlds:
        world.lists = [PeopleList(owner=person, name="Some") for person in world.people]
    PeopleList.objects.bulk_create(row for world in worlds for row in world.lists)
    ListedPerson.objects.bulk_create(
        ListedPerson(list=world.lists[a], person=world.people[b])
        for world in worlds
        for a, b in sorted(world.graph.listed)
    )


def _write(worlds: list[World]) -> None:
    now = timezone.now()

    def upload(world: World, one: int, purpose: str) -> Upload:
        return Upload(
            owner=world.people[one],
            purpose=purpose,
            public=purpose == "avatar",
            state=Upload.State.READY,
            type="image/webp",
            bytes=100,
            sha256="0" * 64,
            width=320,
            height=320,
            color="#c81e1e",
            original=False,
            due_at=None,
            attached_at=now,
            variants={"320": {"w": 320, "h": 320, "bytes": 10}},
        )

    for world in worlds:
        graph = world.graph
        world.posts = {place: _post(world, place) for place in graph.places}
        world.comments = {
            (place, one): _comment(world, place, one) for place in graph.talked for one in graph.talkers(place)
        }
        world.pictures = {place: upload(world, place[0], "post") for place in graph.pictured}
        world.said_pictures = {
            key: upload(world, key[1], "comment") for key in world.comments if key[1] in graph.talkers(key[0])[1::2]
        }
        world.avatars = [upload(world, one, "avatar") for one in graph.everybody]
    Post.objects.bulk_create(row for world in worlds for row in world.posts.values())
    every = [(place, row) for world in worlds for place, row in world.posts.items()]
    choices = ["Some lántern", "None"]
    Poll.objects.bulk_create(Poll(post=row, choices=choices, votes=[0, 0]) for place, row in every if asks(place))
    for world in worlds:
        world.posts |= {share: _share(world, share) for share in world.graph.shares}
    Post.objects.bulk_create(world.posts[share] for world in worlds for share in world.graph.shares)
    Revision.objects.bulk_create(
        Revision(post=row, text=row.text, html=row.html) for world in worlds for row in world.posts.values()
    )
    Upload.objects.bulk_create(
        row for world in worlds for row in [*world.pictures.values(), *world.said_pictures.values(), *world.avatars]
    )
    for world in worlds:
        for key, row in world.said_pictures.items():
            world.comments[key].picture = row
    rows = [(world, *key, row) for world in worlds for key, row in world.comments.items()]
    Comment.objects.bulk_create(row for world, place, one, row in rows if world.graph.answered(place, one) is None)
    replies = [(world, *key) for world, *key, _row in rows if world.graph.answered(*key) is not None]
    for world, place, one in replies:
        world.comments[place, one].parent = world.comments[place, world.graph.answered(place, one)]
    Comment.objects.bulk_create(world.comments[place, one] for world, place, one in replies)
    Reaction.objects.bulk_create(
        Reaction(user=world.people[one], kind="like", **target)
        for world in worlds
        for place in world.graph.talked
        for one in world.graph.talkers(place)
        for target in ({"post": world.posts[place]}, {"comment": world.comments[place, 0]})
    )
    PostPicture.objects.bulk_create(
        PostPicture(post=world.posts[place], upload=row) for world in worlds for place, row in world.pictures.items()
    )
    for world in worlds:
        for person, avatar in zip(world.people, world.avatars, strict=True):
            person.avatar = avatar
    User.objects.bulk_update([person for world in worlds for person in world.people], ["avatar"])


def _bring_home(world: World) -> None:
    """As it may stand at any moment: of each subscription the posts are copied, wait for it, or are read where they
    are; some posts wait; some entries are older than an unfollow; below the floor nothing is copied."""
    graph, people = world.graph, world.people
    sources = [Source(kind=SourceKind.PERSON, person=person) for person in people]
    Source.objects.bulk_create(sources)
    read = [(a, b, (a + b) % 3) for a, b in sorted(graph.follows)] + [(one, one, 0) for one in graph.everybody]
    Subscription.objects.bulk_create(
        Subscription(member=people[a], source=sources[b], state=state) for a, b, state in read
    )
    tag = Source.objects.create(kind=SourceKind.TAG, name=world.tag)
    Subscription.objects.create(member=people[0], source=tag, kind=SourceKind.TAG, state=SubscriptionState.COPIED)
    waiting = {place for place in graph.posts if (place[0] + number_of(place)) % 4 == 0}
    Filing.objects.bulk_create(
        Filing(source=source, post=post, is_waiting=place in waiting)
        for place, post in world.posts.items()
        for source in ([sources[place[0]], tag] if place in graph.tagged else [sources[place[0]]])
    )
    floors = {one: min(post.pk for post in world.posts.values()) + 40 if one % 2 == 0 else 0 for one in graph.everybody}
    Home.objects.bulk_create(Home(member=people[one], floor=floor) for one, floor in floors.items())
    copied = {(a, b) for a, b, state in read if state == SubscriptionState.COPIED} | graph.dismissed
    entries: set[tuple[int, Place]] = {(a, (b, audience)) for a, b in copied for audience in AUDIENCES}
    entries |= {(a, share) for a, b in copied for share in graph.shares if share.who == b}
    entries |= {(0, place) for place in graph.tagged}
    HomeEntry.objects.bulk_create(
        HomeEntry(member=people[one], post=world.posts[place])
        for one, place in entries
        if place not in waiting and world.posts[place].pk > floors[one]
    )


def _post(world: World, place: Place) -> Post:
    mark = f"post{world.people[place[0]].handle}{place[1].replace('_', '')}"
    text = f"{mark} a Lántern." if has_word(place) and not asks(place) else f"{mark} a light."
    html = f"<p>{text}</p>"
    count = len(world.graph.talkers(place))
    gone = timezone.now() if place in world.graph.deleted else None
    pinned = timezone.now() if number_of(place) % 5 == 0 else None
    said = {"text": text, "html": html, "comments_count": count, "deleted_at": gone, "pinned_at": pinned}
    return Post(author=world.people[place[0]], audience=place[1], **said)


def asks(place: Place) -> bool:
    """Has a poll, and its word there."""
    return number_of(place) % 4 == 2


def _share(world: World, share: Share) -> Post:
    mark = f"share{world.people[share.who].handle}turn{share.turn}"
    text = f"{mark} LANTERN?" if has_word(share) else mark if share.words else ""
    said = {"text": text, "html": f"<p>{text}</p>" if text else "", "is_share": True}
    return Post(author=world.people[share.who], audience=share.audience, shared=world.posts[share.of], **said)


def _comment(world: World, place: Place, one: int) -> Comment:
    mark = f"said{world.people[one].handle}under{place[0]}{place[1].replace('_', '')}"
    text = f"{mark} LANTERNS? One lantern!" if one % 2 == 0 else f"{mark} Hm."
    count = sum(world.graph.answered(place, other) == one for other in world.graph.talkers(place))
    author, html = world.people[one], f"<p>{text}</p>"
    return Comment(post=world.posts[place], author=author, text=text, html=html, replies_count=count)
