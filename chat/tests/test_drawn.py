"""What is drawn: the stickers of this project. And emoji that stand alone are large."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from chat.models.messages import Message
from chat.models.stickers import DRAWN
from chat.templatetags import chat as chat_tags


def test_every_drawing_is_there_and_harmless() -> None:
    folder = Path(settings.BASE_DIR) / "static/img/stickers"
    for pack, (_name, names) in DRAWN.items():
        assert len(names) == 12
        assert {file.stem for file in (folder / pack).iterdir()} == set(names)
        for file in (folder / pack).iterdir():
            drawn = file.read_text()
            assert 'viewBox="0 0 240 240"' in drawn
            assert len(drawn) < 8000
            assert not re.search(r"<text|<script|<image|href=\"(?!#)|\son\w+=", drawn), file


@pytest.mark.parametrize(
    ("text", "large"),
    [
        ("😀", True), ("😀😀😀", True), ("😀 😀 😀", True), ("😀😀😀😀", False), ("☕", True), ("\u2764\ufe0f", True),
        ("\u2764", False), ("👍\U0001f3fd", True), ("☝\U0001f3fd", True), ("1\ufe0f\u20e3", True), ("🇻🇳🇹🇭", True),
        ("👩\U0001f3fd\u200d💻", True), ("🏳\ufe0f\u200d🌈", True), ("👨\u200d👩\u200d👧\u200d👦", True),
        ("🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", True), ("🤷\u200d\u2640\ufe0f", True),
        ("hi 😀", False), ("1", False), ("#", False), ("", False), ("©", False), ("😀\n😀", False), ("<b>", False),
        ("🇻", False), ("\u200d", False), ("A", False), ("สวัสดี", False), ("😀" * 60, False),
    ],
)  # fmt: skip
def test_a_few_emoji_alone_are_large(text: str, large: bool) -> None:
    assert bool(chat_tags.look(Message(text=text))) is large


def test_scripts_know_the_same_emoji() -> None:
    script = (Path(settings.BASE_DIR) / "static/js/chat-text.js").read_text()
    parts = re.findall(r'^  ["`](.*?)["`](?: \+|;)$', script, re.MULTILINE)
    source = "".join(parts).replace("${PICTURE}", chat_tags.PICTURE)
    source = re.sub(r"\\\\u\{(\w+)\}", lambda found: chr(int(found[1], 16)), source)
    source = re.sub(r"\\\\u(\w{4})", lambda found: chr(int(found[1], 16)), source)
    assert source == chat_tags.PICTURE + chat_tags.EMOJI
    assert f"LONGEST_EMOJI = {chat_tags.LONGEST_EMOJI};" in script
