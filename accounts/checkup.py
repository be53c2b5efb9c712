"""What `manage.py doctor` asks of single sign-on."""

from collections.abc import Iterator

from django.conf import settings

from accounts import oidc
from accounts.providers import Provider
from accounts.queries import sso as sso_queries
from core.checkup import Finding


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
