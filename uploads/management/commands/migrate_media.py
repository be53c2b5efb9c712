import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from uploads import storage
from uploads.actions import moving

EVERY = 2.0  # seconds between lines


class Command(BaseCommand):
    help = (
        "Moves all files from the storage of STORAGE_OLD_URL to that of STORAGE_URL while the site runs with both set. "
        "Stopped or killed, it goes on when it is started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep", action="store_true", help="leave them in the old storage, too")

    def handle(self, *args: Any, keep: bool, **options: Any) -> None:
        if not storage.is_moving():
            raise CommandError("Set STORAGE_OLD_URL (s3://..., or local) to where the files are, for the site as well.")
        self.files = self.bytes = 0
        self.said = time.monotonic()
        try:
            moving.move_media(keep=keep, told=self.told)
        except OSError as error:
            raise CommandError(f"Stopped after {self.files} files: {error}. Start it again to go on.") from None
        self.say()
        self.stdout.write("All are there. Take STORAGE_OLD_URL away and restart the site.")

    def told(self, name: str, size: int) -> None:
        self.files += 1
        self.bytes += size
        if time.monotonic() - self.said >= EVERY:
            self.say()
            self.said = time.monotonic()

    def say(self) -> None:
        self.stdout.write(f"{self.files} files, {self.bytes / 2**20:.1f} MiB moved")
        self.stdout.flush()
