"""The sessions of browsers: Django's own in the database. The query that reads one also says whether its login is due
to be seen again, so that pages know it for nothing. The stamp is not kept in the session itself: a page that saved its
session for that would write over what others have put there meanwhile (the count of wrong codes, for one)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.queries import logins as login_queries

UNFINISHED = 24 * 60 * 60  # seconds; steps that nobody finishes hold addresses of people who are not logged in


class SessionStore(db.SessionStore):
    """`due` is the id of the login whose last sight is more than 5 minutes old, once the session has been read."""

    due: int | None = None

    def get_session_cookie_age(self) -> int:
        return settings.SESSION_COOKIE_AGE if SESSION_KEY in self else UNFINISHED

    def _get_session_from_db(self) -> Session | None:
        found = (
            Session.objects.annotate(due=login_queries.due_device())
            .filter(session_key=self.session_key, expire_date__gt=timezone.now())
            .first()
        )
        if found is None:
            self._session_key = None
        else:
            self.due = found.due
        return found


@contextmanager
def locked(key: str | None) -> Iterator[SessionStore]:
    """The session of this key, read under the lock of its row: what is counted in it counts one by one.

    On SQLite the transaction itself is the lock (IMMEDIATE). What was written into it is saved before the lock goes.
    """
    with transaction.atomic():
        if key:
            list(Session.objects.select_for_update().filter(session_key=key).values_list("pk"))
        session = SessionStore(key)
        yield session
        if session.modified and session.session_key == key:
            session.save()
            session.modified = False  # a later save outside the lock would write what others have overtaken
