"""A sign-up that waits for its code, and the lock under which codes are checked.

Nothing of a sign-up stands in the tables before its address is proven: it waits in the server-side session, so that an
unfinished one holds no handle and no address, and a known address looks like a new one at every step.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.email_verification import consume_email_verification_rate_limit
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import mails, sessions
from accounts.access import doors
from accounts.actions import applications, joining
from accounts.models.applications import Application
from accounts.models.people import User
from accounts.queries import joining as joining_queries
from core import errors

SESSION_KEY = "accounts_join"
RESENDS = 5
WAIT = 30  # seconds between two mails to one address


def limit(request: HttpRequest, action: str) -> None:
    """allauth's limit of this name; one more is TooMany."""
    if not ratelimit.consume(request, action=action):
        raise errors.TooMany(retry_after=60)


@contextmanager
def locked(request: HttpRequest) -> Iterator[None]:
    """One check at a time for one session: its row is locked and read again, so parallel guesses count one by one."""
    with sessions.locked(request.session.session_key) as request.session:
        yield


def check_reset(request: HttpRequest) -> None:
    """Ends a reset whose code was right when address or password of its account are not what they were as it began."""
    process = PasswordResetVerificationProcess.resume(request)
    if process is None or not process.state.get("code_confirmed"):
        return
    if process.user is None or process.state.get("stamp") != joining_queries.reset_stamp(process.user):
        process.abort()


class JoinProcess(AbstractCodeVerificationProcess):
    """One person's way from the sign-up form to membership. `state` lives in the session."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        self.request = request
        super().__init__(
            state=state,
            max_attempts=app_settings.EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS,
            timeout=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
        )

    @classmethod
    def initiate(
        cls,
        request: HttpRequest,
        *,
        next_url: str = "",
        invitation: str = "",
        birth_date: date | None = None,
        reason: str = "",
        **person: str,
    ) -> "JoinProcess":
        """Sends the first code (or, to a known address, a mail that says so) and waits in the session.

        Whom the doors would not let in learns it here already, by NotAllowed or Invalid (email, birth_date, reason),
        before anybody asks whether the address has an account; what decides is asked again when the code has come.
        """
        door = doors.door(invitation)
        door.check(email=person["email"], of_age=doors.age_shown(birth_date, minimum=door.minimum_age))
        if door.needs_approval:
            reason = doors.clean_reason(reason)
        state = {**cls.initial_state(user=None), "person": person, "next": next_url, "invitation": invitation}
        process = cls(request, {**state, "of_age": door.minimum_age, "reason": reason})
        process.send()
        return process

    @classmethod
    def resume(cls, request: HttpRequest) -> "JoinProcess | None":
        state = request.session.get(SESSION_KEY)
        process: JoinProcess | None = cls(request, state).abort_if_invalid() if state else None
        return process

    @property
    def email(self) -> str:
        return self.state["person"]["email"]

    @property
    def email_address(self) -> EmailAddress:
        """As the code proves it; whether it is still free is asked by `finish`."""
        return EmailAddress(email=self.email, verified=True)

    def persist(self) -> None:
        self.request.session[SESSION_KEY] = self.state

    def abort(self) -> None:
        self.request.session.pop(SESSION_KEY, None)

    def send(self) -> None:
        """A fresh code by mail; 5 minutes begin anew. TooMany when the last mail to this address was a moment ago."""
        if not consume_email_verification_rate_limit(self.request, self.email):
            raise errors.TooMany(_("We have just sent a mail. Give it half a minute."), retry_after=WAIT)
        mails.count_code("join", self.email)
        code = get_adapter().generate_email_verification_code()
        known = joining_queries.is_member_address(self.email)
        self.state["at"] = time.time()
        self.state["code"] = "" if known else code  # an empty code fits nothing
        with transaction.atomic():
            if known:
                mails.send_already_member(to=self.email)
            else:
                mails.send_join_code(to=self.email, code=code)
        self.persist()

    def resend(self) -> None:
        if self.is_resend_quota_reached(RESENDS):
            raise errors.TooMany(_("That was the last mail for now. Please start again later."), retry_after=3600)
        self.send()
        self.record_resend()
        self.persist()

    def check(self, code: str) -> bool:
        """Whether this is the code; a wrong one is counted, and the fifth ends the sign-up."""
        if self.code and compare_user_code(actual=code, expected=self.code):
            return True
        self.record_invalid_attempt()
        return False

    def finish(self) -> User | Application:
        """Makes the member, or the request where a moderator looks at each. Raises Invalid with the field that stands
        against it now (the handle, when somebody took it in between), NotAllowed when the doors have closed."""
        self.abort()
        person, of_age = self.state["person"], self.state.get("of_age", 0)
        try:
            return joining.join(**person, of_age=of_age, invitation=self.state.get("invitation", ""))
        except doors.NeedsApproval:
            return applications.apply(**person, of_age=of_age, reason=self.state.get("reason", ""))
