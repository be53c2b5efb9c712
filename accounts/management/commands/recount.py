"""Sets the counters that stand on members' rows to what is really there."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import registry


class Command(BaseCommand):
    help = "Recompute the counters kept on members' rows (followers, posts, ...). Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        mended = {}
        for name, recount in sorted(registry.recounts.items()):
            if not options["json"]:  # before it begins: with many posts it takes its time
                self.stdout.write(f"{name}: ", ending="")
                self.stdout.flush()
            mended[name] = recount()
            if not options["json"]:
                self.stdout.write(f"{mended[name]} mended")
        if options["json"]:
            self.stdout.write(json.dumps(mended))
