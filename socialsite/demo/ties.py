"""Who in Willowbank is friends with whom, and what the first of them keeps to herself: close friends, lists, mutes."""

from collections import Counter
from datetime import timedelta
from random import Random

from accounts.models.friends import FriendRequest
from accounts.models.lists import ListedPerson, PeopleList
from accounts.models.mutes import Mute, MutedWord
from accounts.models.people import User
from accounts.models.relations import CloseFriend, Friendship
from core import folding
from socialsite.demo.plan import Plan

BATCH = 2000
LISTS = ("Neighbours", "Who cooks")


def write(made: Plan, users: list[User]) -> None:
    """After people and follows: friends are among those who follow each other."""
    chance = Random(f"{len(users)} friends")
    follows = set(made.follows)
    mutual = sorted((one, other) for one, other in follows if one < other and (other, one) in follows)
    pairs = [pair for pair in mutual if pair[0] == 0 or chance.random() < 0.35]
    apart = {*made.blocks, *((other, one) for one, other in made.blocks), *mutual}
    asking = [one for one in range(1, len(users)) if (0, one) not in apart and (one, 0) in follows][:2]
    Friendship.objects.bulk_create(
        [
            Friendship(person=users[one], friend=users[other], created_at=made.now)
            for pair in pairs
            for one, other in (pair, pair[::-1])
        ],
        BATCH,
    )
    asked = [one for one in range(1, len(users)) if (0, one) not in apart and one not in asking][:1]
    FriendRequest.objects.bulk_create(
        [
            *(FriendRequest(asker=users[one], asked=users[0]) for one in asking),
            *(FriendRequest(asker=users[0], asked=users[one]) for one in asked),
        ]
    )
    count = Counter(one for pair in pairs for one in pair)
    for place, user in enumerate(users):
        user.friends_count = count[place]
        user.friend_requests_count = len(asking) if place == 0 else int(place in asked)
    User.objects.bulk_update(users, ["friends_count", "friend_requests_count"], 200)
    _keep_for_oneself(made, users, [other for one, other in pairs if one == 0])


def _keep_for_oneself(made: Plan, users: list[User], friends: list[int]) -> None:
    CloseFriend.objects.bulk_create(CloseFriend(owner=users[0], friend=users[one]) for one in friends[:3])
    lists = [PeopleList(owner=users[0], name=name) for name in LISTS]
    PeopleList.objects.bulk_create(lists)
    followed = sorted(other for one, other in made.follows if one == 0)
    ListedPerson.objects.bulk_create(
        ListedPerson(list=row, person=users[one]) for turn, row in enumerate(lists) for one in followed[turn::2][:6]
    )
    loud = followed[-1:]
    Mute.objects.bulk_create(Mute(muter=users[0], muted=users[one], until=made.now + timedelta(days=5)) for one in loud)
    MutedWord.objects.create(muter=users[0], phrase="spoiler", folded=folding.needle("spoiler"))
