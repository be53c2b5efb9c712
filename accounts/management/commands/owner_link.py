"""Prints a one-time link that makes the owner's account, while there is none."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actions import joining
from core import errors


class Command(BaseCommand):
    help = "Print a fresh one-time link that makes the owner's account (while there is no owner)."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            link = joining.make_owner_link()
        except errors.Conflict as error:
            raise CommandError(str(error.message)) from None
        self.stdout.write(link)
