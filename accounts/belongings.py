"""What accounts itself holds of a member, and what the rooms below do (core, uploads): a line for each table."""

from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import personal
from accounts.access import people as people_access
from accounts.actions import erasure, shelf
from accounts.models.addresses import AddressChange
from accounts.models.api_tokens import ApiToken
from accounts.models.applications import Application
from accounts.models.archives import Export, Import
from accounts.models.doors import BlockedAddress
from accounts.models.fields import ProfileField
from accounts.models.friends import DismissedSuggestion, FriendRequest
from accounts.models.handles import FormerHandle
from accounts.models.invitations import Arrival, Invitation
from accounts.models.life import Departure
from accounts.models.lists import ListedPerson, PeopleList
from accounts.models.logins import Device
from accounts.models.mutes import Mute, MutedWord
from accounts.models.names import NamePart
from accounts.models.people import User
from accounts.models.relations import Block, CloseFriend, Follow, FollowRequest, Friendship
from accounts.models.sso import AppLogin, Identity
from core.models import AuditEntry, Event, Mail
from uploads import held, storage
from uploads import queries as upload_queries
from uploads.models import Caption, Slot, Upload

IDS_ONLY = "holds ids, kinds and times only"


def register() -> None:
    personal.register(personal.Chapter("profile.json", _("Profile and settings"), profile, "archives/_profile.html"))
    personal.holds(User.groups.through, "user")
    personal.holds(User.user_permissions.through, "user")
    personal.holds(Authenticator, "user")
    personal.holds(Session, "session_data", erase=erasure.erase_sessions)  # before the logins that name them
    personal.holds(
        Device,
        "user",
        file="devices.json",
        title=_("Devices"),
        fields={
            "client": "client",
            "address": "address",
            "since": "created_at",
            "seen": "seen_at",
            "ended": "ended_at",
        },
    )
    _register_ways_in()
    _register_ties()
    personal.holds(
        ProfileField,
        "person",
        file="fields.json",
        title=_("What your profile tells"),
        fields={"kind": "kind", "label": "label", "value": "value", "audience": "audience"},
    )
    personal.holds(
        FormerHandle,
        "person",
        "handle",
        file="handles.json",
        title=_("Handles you had"),
        fields={"handle": "handle", "until": "left_at"},
    )
    personal.holds(NamePart, "person")  # made of the name and the handle, which the profile says
    personal.holds(Export, "user", erase=shelf.erase_exports)
    personal.holds(Import, "user", erase=shelf.erase_imports)
    personal.holds(Upload, "owner", erase=erasure.erase_uploads)
    personal.holds(Slot, "owner")  # goes with those, and with what has arrived
    personal.register(
        personal.Chapter("pictures.json", _("Pictures"), pictures, "archives/_picture.html", media=picture_files)
    )
    personal.holds(LogEntry, "user", erase=erasure.erase_staff_log)
    personal.holds(Mail, "to", erase=erasure.erase_mails)
    personal.holds(Event, "data", kept=IDS_ONLY)
    personal.holds(AuditEntry, "actor_id", kept=IDS_ONLY)
    # Last: until here their addresses are needed, and the row that says that they go.
    personal.holds(EmailAddress, "user", "email", erase=erasure.erase_addresses)
    personal.holds(Departure, "user", erase=personal.with_the_member)


def _register_ways_in() -> None:
    """How the member came, logs in, and whom they invited."""
    personal.holds(
        ApiToken,
        "user",
        file="tokens.json",
        title=_("Tokens"),
        fields={"name": "name", "scopes": "scopes", "until": "expires_at", "used": "device__seen_at"},
    )
    personal.holds(
        Identity,
        "user",
        file="connected.json",
        title=_("Connected accounts"),
        fields={"provider": "provider", "name": "label", "since": "created_at", "used": "used_at"},
    )
    personal.holds(AppLogin, "user")
    personal.holds(
        AddressChange,
        "user",
        file="addresses.json",
        title=_("Moves to another address"),
        fields={"old": "old", "new": "new", "asked": "created_at", "done": "done_at", "taken_back": "undone_at"},
    )
    personal.holds(
        Invitation,
        "inviter",
        "email",
        file="invitations.json",
        title=_("Invitations"),
        erase=erasure.erase_invitations,
        fields={"to": "email", "uses": "uses", "used": "used", "since": "created_at", "until": "expires_at"},
    )
    personal.holds(
        Arrival,
        "person",
        "inviter",
        erase=erasure.erase_arrivals,
        file="invited-by.json",
        title=_("Who invited you"),
        fields=INVITED_BY,
    )
    personal.holds(Application, "member", "decided_by", "email", "handle", erase=erasure.erase_applications)
    personal.holds(BlockedAddress, "blocked_by", erase=personal.with_the_member)  # stays blocked, by nobody


INVITED_BY = {"handle": "inviter__handle", "since": "created_at"}
TIES = (
    ("following.json", _("People you follow"), Follow, "follower", "followed"),
    ("followers.json", _("Your followers"), Follow, "followed", "follower"),
    ("requests.json", _("People you asked to follow"), FollowRequest, "asker", "asked"),
    ("friend-requests.json", _("People you asked to be friends"), FriendRequest, "asker", "asked"),
    ("friends.json", _("Friends"), Friendship, "person", "friend"),
    ("close-friends.json", _("Close friends"), CloseFriend, "owner", "friend"),
    ("not-suggested.json", _("People you do not want suggested"), DismissedSuggestion, "viewer", "person"),
)


def _register_ties() -> None:
    personal.holds(Follow, "follower", "followed", erase=erasure.erase_follows)
    personal.holds(FollowRequest, "asker", "asked", erase=erasure.erase_requests)
    personal.holds(Friendship, "person", "friend", erase=erasure.erase_friendships)
    personal.holds(FriendRequest, "asker", "asked", erase=erasure.erase_friend_requests)
    personal.holds(CloseFriend, "owner", "friend")
    personal.holds(DismissedSuggestion, "viewer", "person")
    personal.holds(PeopleList, "owner")
    personal.holds(ListedPerson, "person")
    listed = {"list": "list__name", "handle": "person__handle", "since": "created_at"}
    rows = personal.rows_of(ListedPerson, "list__owner", listed, _seen("person"))
    personal.register(personal.Chapter("lists.json", _("People on your lists"), rows))
    muted = {"handle": "muted__handle", "until": "until"}
    personal.holds(Mute, "muter", "muted", file="muted.json", title=_("People you mute"), fields=muted)
    words = {"word": "phrase", "until": "until"}
    personal.holds(MutedWord, "muter", file="muted-words.json", title=_("Words you mute"), fields=words)
    for file, title, model, mine, other in TIES:
        fields = {"handle": f"{other}__handle", "name": f"{other}__display_name", "since": "created_at"}
        personal.register(personal.Chapter(file, title, personal.rows_of(model, mine, fields, _seen(other))))
    fields = {"handle": "blocked__handle", "since": "created_at"}
    personal.holds(Block, "blocker", "blocked", file="blocked.json", title=_("People you block"), fields=fields)


def _seen(other: str) -> Any:
    """Ties to people whom the member may see now."""

    def narrow(member: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(**{f"{other}__in": people_access.visible_people(member)})

    return narrow


def profile(member: User) -> Iterator[personal.Row]:
    member = User.objects.select_related("avatar", "cover").get(pk=member.pk)
    yield {
        "handle": member.handle,
        "name": member.display_name,
        "about": member.bio,
        "email": member.email,
        "picture": f"media/{member.avatar.key}.webp" if member.avatar and member.avatar.url() else None,
        "cover": f"media/{member.cover.key}.webp" if member.cover and member.cover.url() else None,
        "language": member.language,
        "private_account": member.is_private,
        "in_the_directory": member.is_listed,
        "friends_shown_to": member.friends_audience,
        "followers": member.followers_count,
        "following": member.following_count,
        "friends": member.friends_count,
        "posts": member.posts_count,
        "joined_at": member.created_at,
    }


def pictures(member: User) -> Iterator[personal.Row]:
    for upload in personal.walk(upload_queries.kept_pictures(member.pk)):
        yield {
            "file": f"media/{upload.file_name}",
            "purpose": upload.purpose,
            "name": upload.name,
            "alt": upload.alt,
            "created_at": upload.created_at,
        }


def picture_files(member: User) -> Iterator[tuple[str, Any]]:
    for upload in personal.walk(upload_queries.kept_pictures(member.pk)):

        def opened(upload: Upload = upload) -> Any:
            return held.find(storage.variant(upload.key, upload.best))

        yield f"media/{upload.file_name}", opened
        for caption in upload_queries.captions_of(upload) if upload.captions else ():

            def words(caption: Caption = caption) -> Any:
                return ContentFile(caption.text.encode())

            yield f"media/{upload.key}.{caption.language}.vtt", words
