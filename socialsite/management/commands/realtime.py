"""`manage.py realtime`: the process that holds the sockets."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from socialsite import server


class Command(BaseCommand):
    help = "Serves /ws/ (and all else) on HOST:PORT with uvicorn and ready-made frames."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            listener = server.listen()
        except server.CannotListen as error:
            sys.exit(str(error))
        server.serve(listener, started=lambda: self.stdout.write(f"Real time on {settings.HOST}:{settings.PORT}"))
