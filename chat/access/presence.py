"""Who sees whether somebody is there."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.access import people as accounts_access
from accounts.access.people import Viewer
from accounts.models.people import User
from accounts.models.relations import Follow, Friendship
from chat.models.members import ChatMember, Circle


def visible_presence(viewer: Viewer) -> QuerySet[User]:
    """Of the members whom the viewer sees, those who let the viewer know whether they are there and whom the viewer
    lets know it too: who shows it to nobody sees it of nobody."""
    me = accounts_access.viewer_id(viewer) or 0
    own = ChatMember.objects.filter(user_id=me)
    follows = Exists(Follow.objects.filter(follower_id=OuterRef("pk"), followed_id=me))
    followed = Exists(Follow.objects.filter(follower_id=me, followed_id=OuterRef("pk")))
    friends = Exists(Friendship.objects.filter(person_id=me, friend_id=OuterRef("pk")))
    theirs = ChatMember.objects.filter(user_id=OuterRef("pk"))
    they_let = ~Q(Exists(theirs.exclude(presence=Circle.EVERYONE))) | (
        Q(Exists(theirs.filter(presence=Circle.KNOWN))) & (Q(follows) | Q(friends))
    )
    i_let = ~Q(Exists(own.exclude(presence=Circle.EVERYONE))) | (
        Q(Exists(own.filter(presence=Circle.KNOWN))) & (Q(followed) | Q(friends))
    )
    return accounts_access.visible_people(viewer).filter(accounts_access.present(), they_let, i_let).exclude(pk=me)
