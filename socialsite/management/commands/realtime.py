"""`manage.py realtime`: the process that holds the sockets."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from socialsite import server


class Command(BaseCommand):
    help = "Serves /ws/ (and all else) on HOST:PORT, by REALTIME_SERVER: uvicorn (the quicker one) or daphne."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.REALTIME_SERVER == "daphne":
            server.serve_with_daphne()
            return
        try:
            listener = server.listen()
        except server.CannotListen as error:
            sys.exit(str(error))
        server.serve(listener, started=lambda: self.stdout.write(f"Real time on {settings.HOST}:{settings.PORT}"))
