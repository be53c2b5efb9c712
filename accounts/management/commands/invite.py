"""Prints a link that lets people in, or mails it."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import invitations
from core import errors


class Command(BaseCommand):
    help = "Invite people: prints a link; with --email it is mailed as well. The site itself invites, nobody on it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", default="", help="send the link to this address")
        parser.add_argument("--uses", type=int, default=1, help="how many may join with it (1)")
        parser.add_argument("--days", type=int, default=14, help="for how long it is good (14)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        given = {name: options[name] for name in ("email", "uses", "days")}
        try:
            row, link = invitations.invite(actor=None, **given)
        except errors.SocialError as error:
            raise CommandError(str(error.message)) from None
        until = row.expires_at.isoformat() if row.expires_at else None
        self.stdout.write(json.dumps({"link": link, "uses": row.uses, "until": until}) if options["json"] else link)
