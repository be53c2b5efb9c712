"""Mail of the embedded site: printed for the person at the terminal and kept as files in DATA_DIR/mail."""

import sys
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend


class KeptBackend(EmailBackend):
    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            text = f"\n--- mail to {', '.join(message.to)}: {message.subject}\n{message.body}\n---"
            print(text, file=sys.stderr, flush=True)  # noqa: T201  the terminal is this backend's outbox
        return super().send_messages(messages) or 0
