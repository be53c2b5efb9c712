"""Keeping posts, and the collections one keeps them in. Nobody is told, nothing is counted."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from core import errors
from feed.access import posts as post_access
from feed.access import saved as saved_access
from feed.models.posts import Post
from feed.models.saved import COLLECTIONS_LIMIT, NAME_LENGTH, Collection, SavedPost


@transaction.atomic
def save_post(*, actor: User, post_id: int) -> Post:
    """Keeps a post. Saving again changes nothing: it stays in its collection, and where it is in the order."""
    accounts_access.access_member(actor)
    post = post_access.access_post(actor, post_id)
    SavedPost.objects.bulk_create([SavedPost(owner=actor, post=post)], ignore_conflicts=True)
    return post


@transaction.atomic
def put_post(*, actor: User, post_id: int, collection_id: int | None = None, name: str = "") -> Post:
    """Keeps a post in one of the actor's collections, in a new one called `name`, or (neither) in none."""
    post = save_post(actor=actor, post_id=post_id)
    row = None
    if name.strip():
        row = make_collection(actor=actor, name=name)
    elif collection_id is not None:
        row = saved_access.access_collection(actor, collection_id, lock=True)
    saved_access.saved_posts(actor).filter(post=post).update(collection=row)
    return post


@transaction.atomic
def unsave_post(*, actor: User, post_id: int) -> None:
    """Doing it again changes nothing; also for posts that one may not see any more."""
    accounts_access.access_member(actor)
    if 0 < post_id < 2**63:
        saved_access.saved_posts(actor).filter(post_id=post_id).delete()


@transaction.atomic
def make_collection(*, actor: User, name: str) -> Collection:
    """A collection without posts yet. Names are each one's once."""
    actor = accounts_access.access_member(actor)
    words = _name(name)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # so that the number of collections is right
    if saved_access.own_collections(actor).count() >= COLLECTIONS_LIMIT:
        raise errors.Conflict(_("You have 100 collections. Delete one first."), field="name")
    return _save(Collection(owner=actor, name=words))


@transaction.atomic
def rename_collection(*, actor: User, collection_id: int, name: str) -> Collection:
    row = saved_access.access_collection(actor, collection_id, lock=True)
    row.name = _name(name)
    return _save(row)


@transaction.atomic
def delete_collection(*, actor: User, collection_id: int, keep_posts: bool = True) -> None:
    """The posts in it stay saved, in no collection, or are saved no more."""
    row = saved_access.access_collection(actor, collection_id, lock=True)
    inside = saved_access.saved_posts(actor).filter(collection=row)
    if keep_posts:
        inside.update(collection=None)
    else:
        inside.delete()
    row.delete()


def _name(raw: str) -> str:
    name = " ".join(raw.replace("\x00", "").split())
    if not name:
        raise errors.Invalid(_("Give the collection a name."), field="name")
    if len(name) > NAME_LENGTH:
        raise errors.Invalid(_("At most 60 characters, please."), field="name")
    return name


def _save(row: Collection) -> Collection:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise errors.Invalid(_("You have a collection of this name already."), field="name") from None
    return row
