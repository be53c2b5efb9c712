"""Which of the two homes a member looks at."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import people as accounts_access
from accounts.models.people import User
from core import errors
from feed.models.sources import Home, HomeTab


@transaction.atomic
def choose_tab(*, actor: User, tab: str) -> str:
    """It is what they meet the next time; again changes nothing."""
    member = accounts_access.access_member(actor)
    if tab not in HomeTab.values:
        raise errors.Invalid(_("Choose one of the two."), field="tab")
    Home.objects.bulk_create(
        [Home(member=member, tab=tab)], update_conflicts=True, unique_fields=["member"], update_fields=["tab"]
    )
    return tab
