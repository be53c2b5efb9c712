"""Becoming a member: by a proven address, or by the owner's one-time link."""

import secrets

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import events, rules
from accounts.access import applications as application_access
from accounts.access import doors
from accounts.actions import handles, invitations, names, roles
from accounts.models.joining import OwnerLink
from accounts.models.people import User, Welcome
from accounts.queries import joining as joining_queries
from accounts.queries import people as people_queries
from core import errors, outbox

KNOWN = _("This address belongs to an account by now. Please log in.")


@transaction.atomic
def join(
    *,
    email: str,
    handle: str,
    display_name: str,
    password_hash: str,
    language: str = "",
    invitation: str = "",
    of_age: int = 0,
) -> User:
    """Makes a member whose address has just been proven, if the doors let them in (access.doors says how). `invitation`
    is the token of its link: the one use is claimed here. `of_age` is the age they have shown to have reached.
    Invalid names the field, NeedsApproval leads to applications.apply, Conflict when somebody was faster."""
    door = doors.sure_door(invitation)
    door.check(email=email, of_age=of_age)
    if door.needs_approval:
        raise doors.NeedsApproval
    own = application_access.waiting_of(email)
    if application_access.keeps_handle(handle, but=email):
        raise errors.Invalid(rules.TAKEN, field="handle")
    user = admit(email=email, handle=handle, display_name=display_name, password_hash=password_hash, language=language)
    own.delete()
    if door.invitation:
        invitations.claim(actor=user, invitation=door.invitation)
    return user


@transaction.atomic
def admit(*, email: str, handle: str, display_name: str, password_hash: str, language: str = "") -> User:
    """Makes a member of somebody whom the doors have let in; nothing is asked here. Invalid("handle") or Conflict when
    somebody was faster."""
    user = _make_user(email=email, handle=handle, display_name=display_name, password=password_hash, language=language)
    outbox.emit(events.UserJoined(user_id=user.pk))
    return user


@transaction.atomic
def make_owner_link() -> str:
    """A fresh one-time link for the owner's account; the one before ends. Conflict when there is an owner."""
    if not joining_queries.owner_missing():
        raise errors.Conflict(_("This site has an owner already."))
    OwnerLink.objects.all().delete()
    token = secrets.token_urlsafe(32)
    OwnerLink.objects.create(digest=OwnerLink.digest_of(token))
    return settings.SITE_URL + reverse("accounts:owner", args=[token])


@transaction.atomic
def make_owner(*, token: str, email: str, handle: str, display_name: str, password_hash: str) -> User:
    """Uses up the owner's link: a staff superuser with a proven address. NotFound for a link that is not good."""
    link = OwnerLink.objects.select_for_update().filter(digest=OwnerLink.digest_of(token)).first()
    if link is None or not joining_queries.owner_missing():
        raise errors.NotFound
    user = _make_user(
        email=email,
        handle=handle,
        display_name=display_name,
        password=password_hash,
        is_staff=True,
        is_superuser=True,
    )
    link.delete()
    roles.settle(actor=user)
    outbox.emit(events.UserJoined(user_id=user.pk))
    return user


def _make_user(**fields: object) -> User:
    try:
        with transaction.atomic():
            user = User.objects.create(welcome=Welcome.PICTURE, **fields)
            handles.claim_handle(actor=user)
            names.write_parts(people=[user.pk])
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError:
        if people_queries.handle_taken(str(fields["handle"])):
            raise errors.Invalid(rules.TAKEN, field="handle") from None
        raise errors.Conflict(KNOWN, field="email") from None
    return user
