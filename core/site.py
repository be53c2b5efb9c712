"""The owner's words about the site: options that core.frame shows around every page."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import errors, options


def _words(most: int) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        words = str(value or "").replace("\x00", "").replace("\r\n", "\n").strip()
        if len(words) > most:
            raise errors.Invalid(_("At most %(most)s characters, please.") % {"most": most})
        return words

    return clean


def _line(most: int) -> Callable[[Any], str]:
    return lambda value: " ".join(_words(most)(value).split())


NAME = options.declare(options.Option("site.name", "", _line(60)))
TAGLINE = options.declare(options.Option("site.tagline", "", _line(120)))
WELCOME = options.declare(options.Option("site.welcome", "", _words(600)))
