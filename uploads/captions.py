"""WebVTT, read strictly and written anew: times and words of cues, a few marks, and nothing else.

What comes out has no styles, regions, notes, headers or cue settings but those that move a line, so that no player
meets anything in it that was not meant for it.
"""

import re

BYTES = 512 * 1024
CUES = 6000
CUE_LENGTH = 500
TIME = r"(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
TIMING = re.compile(rf"\s*{TIME}\s+-->\s+{TIME}(?:[ \t]+(.*))?")
SETTING = re.compile(r"(?:line|position|size|align):[a-z0-9.,%-]{1,24}")
MARK = re.compile(r"&lt;(/?(?:b|i|u))&gt;")


class Refused(Exception):
    """str() is "encoding", "large", "header", "timing" or "empty"; `line` is where, from 1."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


def clean(data: bytes) -> str:
    if len(data) > BYTES:
        raise Refused("large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("encoding") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        raise Refused("header", 1)
    cues = list(_cues(lines))
    if not cues:
        raise Refused("empty")
    return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


def _cues(lines: list[str]) -> list[str]:
    made: list[str] = []
    for first, block in _blocks(lines):
        place = next((place for place, line in enumerate(block) if "-->" in line), None)
        if place is None:  # a note, a style, a region
            continue
        if place > 1 or len(made) == CUES:
            raise Refused("timing" if place > 1 else "large", first + place)
        match = TIMING.fullmatch(block[place])
        if match is None:
            raise Refused("timing", first + place)
        begin, end = _milliseconds(match.groups()[:4]), _milliseconds(match.groups()[4:8])
        if end <= begin:
            raise Refused("timing", first + place)
        settings = " ".join(one for one in (match[9] or "").split() if SETTING.fullmatch(one))
        words = "\n".join(_words(line) for line in block[place + 1 :])[:CUE_LENGTH]
        if words.strip():
            made.append(f"{_time(begin)} --> {_time(end)}{' ' + settings if settings else ''}\n{words}")
    return made


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """What stands between empty lines, each with the number of its first line; without the header."""
    blocks: list[tuple[int, list[str]]] = []
    block: list[str] = []
    for number, line in enumerate([*lines[1:], ""], start=2):
        if line.strip():
            block.append(line)
        elif block:
            blocks.append((number - len(block), block))
            block = []
    return blocks


def _words(line: str) -> str:
    """Everything is text but bold, italic and underlined; who speaks (<v Name>) becomes "Name: "."""
    line = re.sub(r"<v(?:\.[\w.-]*)?[ \t]+([^<>]{1,60})>", r"\1: ", line)
    line = line.replace("-->", "→")
    plain = re.sub(r"<(?!/?[biu]>)[^<>]*>", "", line)
    plain = re.sub(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm);)", "&amp;", plain)
    return MARK.sub(r"<\1>", plain.replace("<", "&lt;").replace(">", "&gt;"))


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
