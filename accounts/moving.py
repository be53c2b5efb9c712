"""A move to another e-mail address that waits for its code: allauth's process, in a server-side session of its own.

One for each member, found by a keyed digest of who it is: so the page and an app, on whichever device, share one wish,
and a newer one takes its place. The code stands in that session and nowhere else.
"""

from datetime import timedelta
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.core.internal.cryptokit import compare_user_code
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import mails
from accounts.models.people import User
from accounts.queries import joining as joining_queries
from accounts.sessions import SessionStore

STATE = "accounts_move"
LIFE = timedelta(seconds=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT)


def session_key(user_id: int) -> str:
    """Where this member's move waits. Nobody's cookie: there is no login in it."""
    return salted_hmac("accounts.move", str(user_id), algorithm="sha256").hexdigest()[:40]


class MoveProcess(AbstractCodeVerificationProcess):
    """Begun and checked under the lock of the member's row, checked under that of the session's row, too."""

    def __init__(self, session: SessionStore, state: dict[str, Any]) -> None:
        self.session = session
        super().__init__(
            state=state,
            max_attempts=app_settings.EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS,
            timeout=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
        )

    @classmethod
    def initiate(cls, *, user_id: int, email: str, change_id: int) -> "MoveProcess":
        """Sends the code, which ends the one before. `change_id` is the row of this wish."""
        session = SessionStore(session_key(user_id))
        session.delete()
        session.clear()
        process = cls(session, {**cls.initial_state(user=None, email=email), "change": change_id})
        process.send()
        session.set_expiry(timezone.now() + LIFE)
        session.save(must_create=True)
        return process

    @classmethod
    def resume(cls, session: SessionStore) -> "MoveProcess | None":
        state = session.get(STATE)
        process = cls(session, state) if state else None
        return process if process is not None and process.is_valid() else None

    @property
    def email(self) -> str:
        return str(self.state["email"])

    @property
    def change_id(self) -> int:
        return int(self.state["change"])

    def persist(self) -> None:
        self.session[STATE] = self.state

    def abort(self) -> None:
        self.session.flush()

    def send(self) -> None:
        """An address that has an account already takes the same steps, with a code that fits nothing."""
        code, known = get_adapter().generate_email_verification_code(), joining_queries.is_member_address(self.email)
        self.state["code"] = "" if known else code
        mails.send_move_code(to=self.email, code=self.code)
        self.persist()

    def check(self, code: str) -> bool:
        """Whether this is the code, which is then used up; a wrong one is counted, and the fifth ends the wish."""
        if compare_user_code(actual=code, expected=self.code):
            self.abort()
            return True
        self.record_invalid_attempt()
        return False


def waiting(user: User) -> MoveProcess | None:
    """The member's move that waits for its code, to look at."""
    return MoveProcess.resume(SessionStore(session_key(user.pk)))


def forget(user_id: int) -> None:
    SessionStore(session_key(user_id)).flush()
