"""Languages of captions, named in their own words."""

import re
import unicodedata

from django.conf.locale import LANG_INFO
from django.utils.text import capfirst

TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}")


def clean(tag: str) -> str:
    """A language tag in small letters (en, pt-br); empty for what is none."""
    tag = tag.strip().replace("_", "-").lower()
    return tag if TAG.fullmatch(tag) and len(tag) <= 16 else ""


def name(tag: str) -> str:
    known = LANG_INFO.get(tag) or LANG_INFO.get(tag.partition("-")[0]) or {}
    return capfirst(unicodedata.normalize("NFC", str(known.get("name_local", tag))))


def choices() -> list[tuple[str, str]]:
    """All that Django knows by name, by that name."""
    known = [(tag, name(tag)) for tag, info in LANG_INFO.items() if "name_local" in info]
    return sorted(known, key=lambda one: one[1].casefold())
