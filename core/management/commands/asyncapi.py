"""Writes the AsyncAPI document of the socket."""

from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core import asyncapi


class Command(BaseCommand):
    help = "Writes the document of what goes over the socket (AsyncAPI 3)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, help="Where to; without it, to the screen.")

    def handle(self, *, file: Path | None, **options: Any) -> None:
        made = asyncapi.document(str(settings.SPECTACULAR_SETTINGS["VERSION"]))
        text = yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=120)
        if file is None:
            self.stdout.write(text)
        else:
            file.write_text(text)
