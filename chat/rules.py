"""What counts as a link in a message; static/js/chat-text.js finds the same ones."""

import re
from collections.abc import Iterator

LINK = re.compile(r"""https?://[^\s<>"'`]+""", re.IGNORECASE)
TAIL = re.compile(r"[.,;:!?…)\]}]+$")


def links(text: str) -> Iterator[tuple[int, str]]:
    """Where each one begins, and its address; what ends a sentence is no part of it."""
    if "://" in text:
        for found in LINK.finditer(text):
            yield found.start(), TAIL.sub("", found[0])


def first_link(text: str) -> str:
    return next((url for _place, url in links(text)), "")
