"""`manage.py replay_dead_letters`: tries events again that every attempt has failed on, in their order."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import outbox


class Command(BaseCommand):
    help = "Makes dead letters of the event log due again, in order, each subject by itself. Safe to run twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--subscriber", help="only those of one subscriber")
        parser.add_argument("--subject", action="append", help="only those about one subject, such as post:7")
        parser.add_argument("--now", action="store_true", help="deliver here instead of waking a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["subscriber"]
        if name and name not in outbox.subscriptions:
            raise CommandError(
                f"There is no subscriber {name!r}. There are: {', '.join(sorted(outbox.subscriptions))}."
            )
        count = outbox.replay(subscriber=name, subjects=options["subject"])
        if options["now"]:
            outbox.drain()
        self.stdout.write(f"{count} dead letters are due again.")
