"""Moves to another address, for their pages."""

from django.utils.translation import gettext_lazy as _

from accounts.access import addresses as address_access
from accounts.models.addresses import AddressChange
from core import errors


def by_token(token: str) -> AddressChange:
    """The move that the link of a notice tells of; NotFound when it can be taken back no more."""
    found = address_access.by_token(token).first()
    if found is None:
        raise errors.NotFound(_("This link has been used, or is older than a week."))
    return found
