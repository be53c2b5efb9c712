"""Makes the export of a member and copies it out."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import bundles
from accounts.actions import archives
from accounts.queries import archives as archive_queries
from core import errors


class Command(BaseCommand):
    help = "Make a zip of everything a member put in. Safe to run twice: within a day it is the same file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle")
        parser.add_argument("--to", type=Path, help="where to copy it (default: HANDLE.zip in this folder)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        member = archive_queries.member_by_handle(options["handle"])
        if member is None:
            raise CommandError(f"There is no @{options['handle']}.")
        target: Path = options["to"] or Path(f"{member.handle}.zip")
        if target.is_dir() or not target.parent.is_dir():  # before the hour that it may take
            raise CommandError(f"{target} cannot be written: name a file in a folder that is there.")
        export = archives.start_export_of(actor=None, member=member)
        archives.build_export(export_id=export.pk)
        try:
            with archive_queries.file(export) as file, target.open("wb") as copy:
                shutil.copyfileobj(file, copy)
        except errors.NotFound:
            export.refresh_from_db()
            words = bundles.REASONS.get(export.reason, "A worker is at it, or it did not work. Look again in a minute.")
            raise CommandError(str(words)) from None
        except OSError as error:
            raise CommandError(f"{target}: {error}") from None
        size = target.stat().st_size
        facts = {"handle": member.handle, "file": str(target), "bytes": size}
        self.stdout.write(json.dumps(facts) if options["json"] else f"{target}: {size} bytes")
