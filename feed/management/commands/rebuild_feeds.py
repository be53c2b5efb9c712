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
        total, spans = home_queries.members(handle)
        if handle and not total:
            raise CommandError(f"Nobody here has the handle {handle}.")
        self._rebuild_tags(spans)
        for done, (first, last) in enumerate(spans, start=1):
            homes.rebuild(first=first, last=last)
            self.stdout.write(f"{min(done * home_queries.SPAN, total)} of {total} members")
        homes.recount()
        copied = 0
        while settled := homes.settle_waiting():
            copied += settled
            self.stdout.write(f"{copied} subscriptions copied")
        self.stdout.write("The homes are made anew.")

    def _rebuild_tags(self, spans: list[tuple[int, int]]) -> None:
        """Posts under their hashtags; before the homes, which are made of what is filed."""
        after, count = 0, 0
        while spans and (after := homes.rebuild_tags(after=after, first=spans[0][0], last=spans[-1][1])):
            count += 1
            if count % 10 == 0:
                self.stdout.write(f"hashtags of posts up to {after}")
