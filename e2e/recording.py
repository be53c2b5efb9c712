"""The worker of the stack's tests: the site's own, with one more subscriber that writes down what it is given.

It is slow on purpose, so that a worker is killed in the middle of a batch and not between two.
"""

import dataclasses
import json
import os
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")
django.setup()

from django.db import connection  # noqa: E402  Django is set up first

from chat.events import MessagesSent  # noqa: E402  Django is set up first
from core import outbox  # noqa: E402  Django is set up first
from feed.events import PostCreated  # noqa: E402  Django is set up first
from socialsite.celery import app  # noqa: E402, F401  what `celery -A` looks for

SLOW_SECONDS = 0.01


@outbox.subscribes(PostCreated, MessagesSent, name="e2e-recorder")
def record(fact: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO e2e_recorded (kind, fact) VALUES (%s, %s)",
            [type(fact).__name__, json.dumps(dataclasses.asdict(fact))],
        )
    time.sleep(SLOW_SECONDS)
