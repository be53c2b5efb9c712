"""Takes away the second factors of a member who has lost theirs."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import factors
from core import errors


class Command(BaseCommand):
    help = "Remove all second factors of a member, end all their logins, and tell them by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        handle = options["handle"].removeprefix("@").lower()
        try:
            removed = factors.reset(actor=None, handle=handle)
        except errors.NotFound:
            raise CommandError(f"There is nobody called @{handle}.") from None
        if options["json"]:
            self.stdout.write(json.dumps({"handle": handle, "removed": removed}))
        elif removed:
            self.stdout.write(f"@{handle} has no second factor any more, is logged out everywhere, and knows.")
        else:
            self.stdout.write(f"@{handle} had no second factor. Nothing is changed.")
