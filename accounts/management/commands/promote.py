"""Makes somebody a moderator or an admin, or a plain member again."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import roles
from core import errors


class Command(BaseCommand):
    help = "Give a member a role: promote HANDLE moderator|admin|member. Safe to run twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle")
        parser.add_argument("role", choices=roles.ROLES)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        handle, role = options["handle"].removeprefix("@"), options["role"]
        try:
            changed = roles.set_role(actor=None, handle=handle, role=role)
        except errors.SocialError as error:
            raise CommandError(str(error.message)) from None
        if options["json"]:
            self.stdout.write(json.dumps({"handle": handle, "role": role, "changed": changed}))
        else:
            self.stdout.write(f"@{handle} is {role} now." if changed else f"@{handle} was {role} already.")
