"""Which of the two homes a member looks at."""

from accounts.models.people import User
from feed.models.sources import Home, HomeTab


def chosen_tab(member: User) -> str:
    return Home.objects.filter(pk=member.pk).values_list("tab", flat=True).first() or HomeTab.LATEST
