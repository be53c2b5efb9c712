"""`manage.py demo`: the site with a made-up community, from its own data folder."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from socialsite.demo import seed
from socialsite.management.commands import up

LOCAL = {"127.0.0.1", "localhost", "::1"}
BAR = 30


class Command(BaseCommand):
    help = "Serves a made-up community: makes it at the first start, keeps it afterwards."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, help="how many live there, 20 to 2000 (200)")
        parser.add_argument("--seed", type=int, help="another number makes another community (1)")
        parser.add_argument("--no-serve", action="store_true", help="make it and stop")
        parser.add_argument("--fresh", action="store_true", help="delete the demo that is there and make a new one")

    def handle(self, *args: Any, **given: Any) -> None:
        wanted = seed.Options(**{name: given[name] for name in ("people", "seed") if given[name] is not None})
        if not 20 <= wanted.people <= 2000:
            sys.exit("--people must lie between 20 and 2000.")
        try:
            lock = up.only_one(settings.DATA_DIR)
        except up.AlreadyRunning as error:
            sys.exit(str(error))
        with lock:  # `up` takes it again
            up.Command().migrate()
            self.prepare(wanted, asked=given["people"] is not None or given["seed"] is not None, fresh=given["fresh"])
        self.tell()
        if not given["no_serve"]:
            call_command("up")

    def prepare(self, wanted: seed.Options, *, asked: bool, fresh: bool) -> None:
        found = seed.state()
        if found.kind == "foreign":
            sys.exit("This database holds a community that is not a demo. Choose another DATA_DIR or DATABASE_URL.")
        if found.kind == "made" and not fresh:
            if asked and found.options != str(wanted):
                sys.exit(f"The demo here has {found.options}. Add --fresh to delete it and make another.")
            return
        if found.kind == "making":
            self.stdout.write("The last start was interrupted; beginning anew.")
        self.stdout.write(f"Making a community of {wanted} (once).")
        seed.make(wanted, self.say)

    def say(self, stage: str, done: int, total: int) -> None:
        """A bar that grows, or one line per stage where nobody watches."""
        if sys.stdout.isatty():
            full = BAR * done // max(total, 1)
            end = "\n" if done >= total else ""
            self.stdout.write(f"\r  {stage:<10} {'█' * full}{'·' * (BAR - full)} {done:>7}{end}", ending="")
        elif done >= total:
            self.stdout.write(f"  {stage}: {total}")
        self.stdout.flush()

    def tell(self) -> None:
        self.stdout.write("\nLog in as")
        for role, address, password in seed.sign_ins():
            self.stdout.write(f"  {role:<10} {address:<30} {password}")
        if settings.HOST not in LOCAL:
            self.stdout.write("Everybody knows these passwords: do not leave this site open to the world.")
        self.stdout.flush()
