"""What `manage.py doctor` asks of single sign-on, of the clock's long jobs, and of erasures."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings

from accounts import oidc
from accounts.providers import Provider
from accounts.queries import archives as archive_queries
from accounts.queries import life as life_queries
from accounts.queries import sso as sso_queries
from core.checkup import Finding

LATE = timedelta(hours=1)


def sign_on() -> Iterator[Finding]:
    """Whether each provider answers, with usable keys. Nothing to say where there is none."""
    rows = sso_queries.enabled_rows()
    found: list[Provider] = [*settings.OIDC_PROVIDERS]
    for row in rows:
        one = sso_queries.of_row(row)
        if one is None:
            mend = "SECRET_KEY was changed: put the old one back, or type the client secret again on its page."
            yield Finding(f"sign-on {row.key}", "fail", "its client secret cannot be read", mend)
        else:
            found.append(one)
    for provider in found:
        if fault := oidc.fault_of(provider):
            mend = f"Open {provider.issuer}/.well-known/openid-configuration from this machine; check the issuer."
            yield Finding(f"sign-on {provider.key}", "fail", fault, mend)
        else:
            yield Finding(f"sign-on {provider.key}", "ok", f"{provider.issuer} answers, its keys are good")


def archives() -> Iterator[Finding]:
    """Exports and imports whose turn does not come."""
    late = len(archive_queries.due_exports(LATE)) + len(archive_queries.due_imports(LATE))
    if late:
        mend = "Look at the worker's log; they go one at a time on each machine, so another worker machine helps."
        yield Finding("archives", "fail", f"{late} exports or imports have waited for more than an hour", mend)
    else:
        yield Finding("archives", "ok", "no export or import waits for long")


def erasures() -> Iterator[Finding]:
    """Members whose day has come, and who are still here."""
    count, first = life_queries.overdue_departures(LATE)
    if count and first:
        mend = "Look for `could not be erased` in the worker's log, mend that; the clock tries again every ten minutes."
        yield Finding("erasures", "fail", f"{count} overdue, the first since {first:%Y-%m-%d %H:%M} UTC", mend)
    else:
        yield Finding("erasures", "ok", "nobody is overdue")
