"""Types and sizes by content, from headers only."""

import io

import pillow_heif
import pytest

from uploads import magic, reasons
from uploads.tests import factories, films

pillow_heif.register_heif_opener()


def look(file, *, max_bytes=10_000_000, max_pixels=50_000_000):
    return magic.inspect(file, max_bytes=max_bytes, max_pixels=max_pixels)


@pytest.mark.parametrize(("form", "kind"), factories.FORMS.items())
def test_knows_types_and_sizes(form, kind):
    facts = look(factories.encoded(factories.drawn(128, 64), form))
    assert (facts.type, facts.width, facts.height) == (kind, 128, 64)


@pytest.mark.parametrize("options", [{"lossless": True}, {"exif": b"Exif\0\0" + b"\0" * 20}])
def test_knows_the_other_webp_headers(options):
    facts = look(factories.encoded(factories.drawn(70, 33), "WEBP", **options))
    assert (facts.width, facts.height) == (70, 33)


def test_finds_a_jpeg_size_behind_long_segments():
    file = factories.encoded(factories.drawn(90, 60), "JPEG", icc_profile=b"p" * 200_000)
    assert file.getvalue().find(b"\xff\xc0") > magic.HEAD
    facts = look(file)
    assert (facts.width, facts.height) == (90, 60)


@pytest.mark.parametrize(
    "data",
    [
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"BM\x00\x00",
        b"\x00\x00\x00\x18ftypnoth\x00\x00\x00\x00ing!",
        b"\x00\x00\x00\x00ftyp",
        b"GIF8",
        b"RIFF\0\0\0\0AVI ",
        b"\xff\xfb\xf0\x00",
        b"#EXTM3U\n#EXTINF:1,\n/etc/passwd",
        b"ffconcat version 1.0\nfile /etc/passwd",
        b"\x1a\x45\xdf\xa3nothing",
        b" \xff\xd8\xff",
    ],
)
def test_refuses_what_is_no_picture(data):
    with pytest.raises(magic.Refused, match=reasons.UNKNOWN_TYPE):
        look(io.BytesIO(data))


@pytest.mark.parametrize(
    ("form", "options", "kind"),
    [
        ("mp4", {}, "video/mp4"),
        ("mov", {}, "video/quicktime"),
        ("webm", {"codec": "libvpx-vp9", "sound": "libopus"}, "video/webm"),
        ("ipod", {"codec": ""}, "audio/mp4"),
        ("mp3", {"codec": "", "sound": "libmp3lame"}, "audio/mpeg"),
        ("ogg", {"codec": "", "sound": "libopus"}, "audio/ogg"),
        ("wav", {"codec": "", "sound": "pcm_s16le"}, "audio/wav"),
    ],
)
def test_knows_videos_and_sounds(form, options, kind):
    facts = look(films.made(form, seconds=0.4, **options))
    assert (facts.type, facts.width, facts.height) == (kind, 0, 0)
    assert magic.medium_of(kind) == kind.partition("/")[0]


@pytest.mark.parametrize("data", [b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8L"])
def test_a_header_cut_off_has_no_size(data):
    assert (look(io.BytesIO(data)).width, look(io.BytesIO(data)).height) == (0, 0)


def test_refuses_nothing_too_much_and_bombs():
    with pytest.raises(magic.Refused, match=reasons.EMPTY):
        look(io.BytesIO())
    with pytest.raises(magic.Refused, match=reasons.TOO_LARGE):
        look(io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"\0" * 1000), max_bytes=1000)
    with pytest.raises(magic.Refused, match=reasons.TOO_MANY_PIXELS):
        look(factories.png_saying(60_000, 60_000))


def test_stops_reading_at_the_limit():
    class Endless(io.RawIOBase):
        given = 0

        def seek(self, place, whence=0):
            return 0

        def read(self, size=-1):
            self.given += size
            return b"\xff\xd8\xff" + b"\0" * (size - 3)

    file = Endless()
    with pytest.raises(magic.Refused, match=reasons.TOO_LARGE):
        look(file, max_bytes=1_000_000)
    assert file.given <= 1_000_000 + magic.CHUNK


def test_the_file_stands_at_its_beginning_afterwards():
    file = factories.jpeg_with_gps()
    look(file)
    assert file.tell() == 0
