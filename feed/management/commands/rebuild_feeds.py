"""Makes homes anew from follows and posts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from feed.actions import homes
from feed.queries import home as home_queries


class Command(BaseCommand):
    help = "Make the home timelines anew from follows and posts, for everybody or one member. Safe at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle", nargs="?", help="one member only")

    def handle(self, *args: Any, handle: str | None = None, **options: Any) -> None:
        total, ids = home_queries.members(handle)
        if handle and not total:
            raise CommandError(f"Nobody here has the handle {handle}.")
        for done, member_id in enumerate(ids, start=1):
            homes.rebuild(member_id=member_id)
            if done % 100 == 0 or done == total:
                self.stdout.write(f"{done} of {total}")
        while homes.settle_waiting():
            pass
        homes.recount()
        self.stdout.write("The homes are made anew.")
