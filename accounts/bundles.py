"""The zip that members take along: written from what the rooms register, read with the distrust that any file from
outside deserves. Neither holds more in memory than a row and a piece of a picture.

Inside: manifest.json, a JSON file for each chapter (one row a line), media/, and the same to read in a browser.
"""

import json
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import personal
from accounts.models.people import User

FORMAT, VERSION = "socialsite-export", 1
PAGE = 500  # rows on a page to read
ROWS = "<!-- rows -->"  # where they stand in templates/archives/page.html
PIECE = 256 * 1024
# What a bundle from outside may hold.
ENTRIES = 50_000
DIRECTORY_BYTES = 16 * 1024 * 1024
LINE_BYTES = 256 * 1024
ROWS_OF_FILE = 5_000_000
RATIO = 200  # JSON packs well; more than this is a bomb
NAME = re.compile(
    r"media/[0-9a-f-]{36}(?:\.(?:webp|mp4|m4a)|\.[A-Za-z-]{2,16}\.vtt)"
    r"|[a-z-]{1,40}\.json|[a-z0-9-]{1,60}\.html|style\.css"
)

Tick = Callable[[int, int], None]


class Bad(Exception):
    """A bundle that cannot be read; str() is a code of `REASONS`."""


REASONS = {
    "foreign": _("This is no export of a site like this one. Choose the zip as you got it there."),
    "broken": _("The file is damaged. Please fetch it again from the other site."),
    "too_large": _("There is more in this file than this site takes."),
    "lost": _("The file got lost on the way. Please choose it again."),
    "gave_up": _("That did not work, although we tried several times. Please try again later."),
    "no_room": _("There is too little room for it here at the moment. Please try again tomorrow."),
    "away": _("The place where files are kept does not answer at the moment. Please try again later."),
}
# The same while another attempt follows.
WAITS = {
    "no_room": _("There is too little room for it here at the moment. We go on by ourselves as soon as there is."),
    "away": _("The place where files are kept does not answer at the moment. We try again by ourselves."),
}


# -- Writing ----------------------------------------------------------------------------------------------------------


def write(member: User, target: Path, *, tick: Tick) -> None:
    """Everything of a member, in their language. `tick(done, total)` is called at every step. Whatever it writes stands
    in the folder of `target`."""
    chapters = list(personal.chapters.values())
    total = len(chapters) + sum(1 for chapter in chapters if chapter.media for _one in chapter.media(member))
    done = 0
    language = translation.override(member.language or settings.LANGUAGE_CODE)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle, language:
        counts: dict[str, int] = {}
        for chapter in chapters:
            counts[chapter.file] = _write_chapter(
                bundle, chapter, member, place=target.parent, tick=partial(tick, done, total)
            )
            done += 1
            tick(done, total)
        for chapter in chapters:
            for name, opened in chapter.media(member) if chapter.media else ():
                _write_media(bundle, name, opened)
                done += 1
                tick(done, total)
        contents = [{"title": one.title, "page": _page_name(one, 1), "count": counts[one.file]} for one in chapters]
        context = {"member": member, "site": settings.SITE_NAME, "contents": contents, "at": timezone.now()}
        context["title"] = gettext("What you put in")
        bundle.writestr("index.html", get_template("archives/index.html").render(context))
        bundle.writestr("style.css", get_template("archives/style.css").render({}))
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "site": settings.SITE_URL,
            "handle": member.handle,
            "made_at": timezone.now(),
            "files": counts,
        }
        bundle.writestr("manifest.json", _json(manifest))


def _write_chapter(
    bundle: zipfile.ZipFile, chapter: personal.Chapter, member: User, *, place: Path, tick: Callable[[], None]
) -> int:
    """The rows as JSON straight into the zip; the same to read into files beside it, which follow."""
    count = 0
    with tempfile.TemporaryDirectory(dir=place) as folder:
        pages = _Pages(chapter, Path(folder))
        with bundle.open(chapter.file, "w") as file, pages:
            file.write(b"[")
            for row in chapter.rows(member):
                file.write(b",\n" if count else b"\n")
                file.write(_json(row))
                pages.add(row)
                count += 1
                if count % 100 == 0:
                    tick()
            file.write(b"\n]\n")
        for path in pages.paths:
            bundle.write(path, path.name)
    return count


class _Pages:
    """A chapter to read, in pages of some hundred rows."""

    def __init__(self, chapter: personal.Chapter, folder: Path) -> None:
        self.chapter, self.folder = chapter, folder
        self.paths: list[Path] = []
        self.rows = 0
        self.page: IO[str] | None = None
        self.template = get_template(chapter.template)

    def __enter__(self) -> "_Pages":
        self._begin()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end(more=False)

    def add(self, row: personal.Row) -> None:
        if self.rows and self.rows % PAGE == 0:
            self._end(more=True)
            self._begin()
        self.rows += 1
        assert self.page is not None
        self.page.write(self.template.render({"row": row}))

    def _begin(self) -> None:
        path = self.folder / _page_name(self.chapter, len(self.paths) + 1)
        self.paths.append(path)
        self.page = path.open("w", encoding="utf-8")
        self.page.write(self._around()[0])

    def _end(self, *, more: bool) -> None:
        assert self.page is not None
        number = len(self.paths)
        previous = _page_name(self.chapter, number - 1) if number > 1 else ""
        next_ = _page_name(self.chapter, number + 1) if more else ""
        self.page.write(self._around(previous=previous, next=next_, empty=not self.rows)[1])
        self.page.close()

    def _around(self, **context: Any) -> tuple[str, str]:
        """What stands before the rows of a page, and after them."""
        whole = get_template("archives/page.html").render({"title": self.chapter.title, **context})
        before, _mark, after = whole.partition(ROWS)
        return before, after


def _page_name(chapter: personal.Chapter, number: int) -> str:
    stem = chapter.file.removesuffix(".json")
    return f"{stem}.html" if number == 1 else f"{stem}-{number}.html"


def _write_media(bundle: zipfile.ZipFile, name: str, opened: Callable[[], IO[bytes]]) -> None:
    try:
        source = opened()
    except FileNotFoundError:  # deleted since the row was read
        return
    with source, bundle.open(zipfile.ZipInfo(name), "w") as file:  # stored: pictures are small already
        shutil.copyfileobj(source, file, PIECE)


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).encode()


# -- Reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bundle:
    """A bundle that has passed the checks of `read`."""

    file: zipfile.ZipFile
    origin: str
    handle: str

    def rows(self, name: str) -> Iterator[personal.Row]:
        """The rows of a JSON file, one at a time; none if it is not there. Bad for anything that is no row, and for too
        many of them."""
        if name not in self.file.NameToInfo:
            return
        with _distrust():
            lines = self.file.open(name)
        count = 0
        with lines:
            while line := _line(lines):
                count += 1
                if len(line) > LINE_BYTES or count > ROWS_OF_FILE:
                    raise Bad("too_large")
                word = line.strip().rstrip(b",")
                if word in (b"[", b"]", b"[]", b""):
                    continue
                row = _parsed(word)
                if not isinstance(row, dict):
                    raise Bad("broken")
                yield row

    def fetch(self, name: object, target: Path, *, most: int = 0) -> bool:
        """Copies a file out; False if there is none of this name, or a larger one than `most`, or than pictures may
        be."""
        info = self.file.NameToInfo.get(name) if isinstance(name, str) and name.startswith("media/") else None
        if info is None or info.file_size > (most or settings.MAX_IMAGE_BYTES):
            return False
        with _distrust(), self.file.open(info) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, PIECE)
        return True


@contextmanager
def read(path: Path) -> Iterator[Bundle]:
    """Opens a bundle after looking at it from outside; Bad, whatever is wrong with it."""
    _check_end(path)
    with _distrust():
        file = zipfile.ZipFile(path)
    with file:
        _check_entries(file)
        with _distrust():
            manifest = _parsed(file.read("manifest.json"))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or manifest.get("version") != VERSION:
            raise Bad("foreign")
        site, handle = str(manifest.get("site", "")), str(manifest.get("handle", ""))
        yield Bundle(file, site[:200], handle[:60])


@contextmanager
def _distrust() -> Iterator[None]:
    """Whatever the library stumbles over in a file from outside."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Bad("broken") from error


def _line(lines: IO[bytes]) -> bytes:
    with _distrust():
        return lines.readline(LINE_BYTES + 1)


def _check_end(path: Path) -> None:
    """The end of a zip says how large its directory is, which the library reads whole. Ours have no comment and need
    no 64-bit directory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 42))
        tail = file.read()
    if len(tail) < 22 or tail[-22:-18] != b"PK\x05\x06" or tail[-42:-38] == b"PK\x06\x07":
        raise Bad("broken")
    entries, directory = struct.unpack("<HI", tail[-12:-6])
    if entries > ENTRIES or directory > DIRECTORY_BYTES:
        raise Bad("too_large")


def _check_entries(file: zipfile.ZipFile) -> None:
    infos = file.infolist()
    if len({info.filename for info in infos}) < len(infos) or "manifest.json" not in file.NameToInfo:
        raise Bad("foreign")
    for info in infos:
        if not NAME.fullmatch(info.filename) or info.flag_bits & 0x1:
            raise Bad("foreign")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Bad("foreign")
        if info.file_size > RATIO * info.compress_size + PIECE:
            raise Bad("too_large")
    if file.NameToInfo["manifest.json"].file_size > PIECE:
        raise Bad("too_large")
    if sum(info.file_size for info in infos) > 4 * settings.MAX_IMPORT_BYTES:
        raise Bad("too_large")


def _parsed(line: bytes) -> Any:
    try:
        return _clean(json.loads(line))
    except (ValueError, RecursionError):
        raise Bad("broken") from None


def _clean(value: Any) -> Any:
    """Without what JSON can say and no database keeps: NUL, and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="ignore").decode()
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(one) for name, one in value.items()}
    return value
