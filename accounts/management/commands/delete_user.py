"""Deletes a member: in 30 days, or now."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import life
from accounts.queries import archives as archive_queries
from core import errors


class Command(BaseCommand):
    help = "Delete a member with everything they put in: hidden at once, gone in 30 days. Safe to run twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle")
        parser.add_argument("--now", action="store_true", help="do not wait 30 days; nothing brings it back")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        member = archive_queries.member_by_handle(options["handle"])
        if member is None:
            raise CommandError(f"There is no @{options['handle'].removeprefix('@')}.")
        try:
            departure = life.request_deletion_of(actor=None, member=member, now=options["now"])
        except errors.Conflict as error:
            raise CommandError(str(error)) from None
        if options["now"]:
            life.erase_member(member_id=departure.user_id)
            self.say(options, state="gone", words=f"@{member.handle} is gone. The last files go within minutes.")
        else:
            day = departure.due_at.date().isoformat()
            words = f"@{member.handle} is hidden, and gone on {day} unless they log in and stop it."
            self.say(options, state="leaving", due_at=departure.due_at.isoformat(), words=words)

    def say(self, options: dict[str, Any], *, words: str, **facts: str) -> None:
        self.stdout.write(json.dumps({"handle": options["handle"], **facts}) if options["json"] else words)
