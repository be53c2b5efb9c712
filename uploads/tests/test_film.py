"""Videos and sounds through the real child process, step by step; and evil ones."""

import contextlib
import io
import os
import struct
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import av
import pytest
from PIL import Image

from uploads import child, light, magic, reasons
from uploads.tests import factories, films

LIMITS = {"max_seconds": 60, "max_pixels": 4096 * 4096}


@pytest.fixture
def step(tmp_path):
    """Runs one step on a file; the next steps know what "probe" has found."""
    known: dict = {}

    def run(name, file=None, kind="video/mp4", **limits):
        if file is not None:
            (tmp_path / "original").write_bytes(file.getvalue())
            known.clear()
        given = {**LIMITS, **limits, "kind": known.get("kind", kind), "facts": known.get("facts")}
        answer = child.step(tmp_path, name, told=lambda percent: None, **given)
        if name == "probe":
            known.update(facts=answer, kind=kind)
        return answer

    return run


def corners(path):
    """The colours of the left, the right, the top and the bottom of the first frame."""
    with av.open(str(path)) as video:
        image = next(video.decode(video=0)).to_image()
    wide, high = image.size
    places = [(wide // 8, high // 2), (wide * 7 // 8, high // 2), (wide // 2, high // 8), (wide // 2, high * 7 // 8)]
    return ["red" if (pixel := image.getpixel(place))[0] > pixel[2] else "blue" for place in places]


@pytest.mark.parametrize(
    ("form", "options", "kind"),
    [
        ("mp4", {}, "video/mp4"),
        ("mov", {"codec": "libx264"}, "video/quicktime"),
        ("webm", {"codec": "libvpx-vp9", "sound": "libopus"}, "video/webm"),
        ("mp4", {"codec": "libx265"}, "video/mp4"),
        ("mp4", {"sound": ""}, "video/mp4"),
    ],
)
def test_any_video_becomes_h264_and_aac(step, tmp_path, form, options, kind):
    facts = step("probe", films.made(form, seconds=2, **options), kind)
    assert (facts["medium"], facts["width"], facts["height"]) == ("video", 320, 180)
    assert abs(facts["duration"] - 2000) < 250
    made = step("480p")
    assert (made["w"], made["h"]) == (320, 180), "never larger than it came"
    with av.open(str(tmp_path / "480p.mp4")) as video:
        assert [one.codec_context.name for one in video.streams.video] == ["h264"]
        assert [one.codec_context.name for one in video.streams.audio] == ["aac"] * (options.get("sound", "aac") != "")
        assert abs(video.duration / 1_000_000 - 2) < 0.25
        assert video.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert len(list(video.decode(video=0))) == 20
    assert corners(tmp_path / "480p.mp4")[:2] == ["red", "blue"]


def test_sound_and_picture_stay_together(step, tmp_path):
    step("probe", films.made("webm", seconds=3, codec="libvpx-vp9", sound="libopus"), "video/webm")
    step("480p")
    with av.open(str(tmp_path / "480p.mp4")) as video:
        ends = [float(one.duration * one.time_base) for one in video.streams]
        assert abs(ends[0] - ends[1]) < 0.2


def test_it_begins_with_its_table_of_contents(step, tmp_path):
    """So that it plays before it has come."""
    step("probe", films.made())
    step("480p")
    data = (tmp_path / "480p.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    ("size", "small", "large"),
    [
        ((1920, 1080), (854, 480), (1280, 720)),
        ((1080, 1920), (480, 854), (720, 1280)),
        ((640, 480), (640, 480), (640, 480)),
        ((801, 601), (640, 480), (800, 600)),
        ((3000, 100), (1280, 42), (1920, 64)),
    ],
)
def test_the_sizes(size, small, large):
    from uploads import film

    facts = {"width": size[0], "height": size[1]}
    assert film.fitting(facts, 480) == small
    assert film.fitting(facts, 720) == large


@pytest.mark.parametrize(
    ("turn", "size", "seen"),
    [
        (0, (320, 180), ["red", "blue"]),
        (-90, (180, 320), ["red", "blue"]),
        (90, (180, 320), ["blue", "red"]),
        (180, (320, 180), ["blue", "red"]),
    ],
)
def test_a_video_stands_upright(step, tmp_path, turn, size, seen):
    facts = step("probe", films.made("mp4", seconds=0.5, turn=turn))
    assert (facts["width"], facts["height"]) == size
    step("480p")
    found = corners(tmp_path / "480p.mp4")
    assert (found[2:] if size[1] > size[0] else found[:2]) == seen
    with av.open(str(tmp_path / "480p.mp4")) as video:
        assert next(video.decode(video=0)).rotation == 0


@pytest.mark.parametrize(
    ("transfer", "signal", "least", "most"),
    [
        (light.HLG, 0.75, 230, 250),  # paper white, which looks grey where nobody knows of HLG
        (light.HLG, 1.0, 245, 255),
        (light.HLG, 0.38, 90, 125),
        (light.HLG, 0.0, 0, 3),
        (light.PQ, 0.58, 230, 250),
        (light.PQ, 0.75, 245, 255),
        (light.PQ, 0.36, 75, 110),
        (light.PQ, 0.0, 0, 3),
    ],
)
def test_hdr_becomes_what_every_screen_shows(step, tmp_path, transfer, signal, least, most):
    source = films.made(codec="libx265", pix_fmt="yuv420p10le", light=transfer, grey=signal, seconds=0.3, sound="")
    step("probe", source)
    step("poster")
    step("480p")
    with av.open(str(tmp_path / "480p.mp4")) as video:
        frame = next(video.decode(video=0))
        assert (frame.format.name, frame.color_trc, frame.color_primaries, frame.colorspace) == ("yuv420p", 1, 1, 1)
        shown = frame.to_image().getpixel((100, 100))
    with Image.open(tmp_path / "poster.png") as poster:
        seen = poster.getpixel((100, 100))
    assert all(least <= part <= most for part in (*shown, *seen)), (shown, seen)


def test_hues_of_hdr_stay(step, tmp_path):
    step("probe", films.made(codec="libx265", pix_fmt="yuv420p10le", light=light.HLG, seconds=0.3))
    step("480p")
    assert corners(tmp_path / "480p.mp4")[:2] == ["red", "blue"]


def test_nothing_of_the_camera_is_left(step, tmp_path):
    trace = {"title": "Spycam", "location": "+48.2082+016.3738/", "comment": "at home"}
    source = films.made("mp4", metadata=trace)
    assert b"Spycam" in source.getvalue()
    step("probe", source)
    step("480p")
    data = (tmp_path / "480p.mp4").read_bytes()
    assert not [word for word in (b"Spycam", b"+48.2", b"at home") if word in data]


def test_the_poster_is_a_frame(step, tmp_path):
    from PIL import Image

    step("probe", films.made(size=(640, 360)))
    step("poster")
    with Image.open(tmp_path / "poster.png") as image:
        assert image.size == (640, 360)
        assert image.getpixel((20, 200))[0] > 150 > image.getpixel((20, 200))[2]


@pytest.mark.parametrize(
    ("form", "sound", "kind"),
    [
        ("mp3", "libmp3lame", "audio/mpeg"),
        ("ipod", "aac", "audio/mp4"),
        ("ogg", "libopus", "audio/ogg"),
        ("wav", "pcm_s16le", "audio/wav"),
        ("webm", "libopus", "video/webm"),
    ],
)
def test_any_sound_becomes_aac(step, tmp_path, form, sound, kind):
    facts = step("probe", films.made(form, codec="", sound=sound, seconds=2), kind)
    assert (facts["medium"], facts["width"]) == ("audio", 0)
    assert abs(facts["duration"] - 2000) < 300
    step("sound")
    with av.open(str(tmp_path / "sound.m4a")) as made:
        assert [one.codec_context.name for one in made.streams] == ["aac"]
        assert abs(made.duration / 1_000_000 - 2) < 0.3


def test_it_says_how_far_it_is(tmp_path):
    (tmp_path / "original").write_bytes(films.made(seconds=8, size=(1280, 720), fps=30, sound="").getvalue())
    facts = child.step(tmp_path, "probe", told=lambda percent: None, kind="video/mp4", **LIMITS)
    heard: list[int] = []
    child.step(tmp_path, "720p", told=heard.append, kind="video/mp4", facts=facts, **LIMITS)
    assert heard
    assert heard == sorted(heard)
    assert 0 < heard[-1] < 100


def test_who_listens_may_end_it(tmp_path):
    """The upload was deleted: the child goes at once."""
    (tmp_path / "original").write_bytes(films.made(seconds=8, size=(1280, 720), fps=30, sound="").getvalue())
    facts = child.step(tmp_path, "probe", told=lambda percent: None, kind="video/mp4", **LIMITS)

    def told(percent: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        child.step(tmp_path, "720p", told=told, kind="video/mp4", facts=facts, **LIMITS)
    assert not [name for name in os.listdir("/proc") if name.isdigit() and works_in(name, tmp_path)]


def works_in(pid, path):
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(path)
    except OSError:
        return False


# Evil


def refused(step, reason, file, kind="video/mp4", **limits):
    with pytest.raises(child.Failed, match=f"^{reason}$"):
        step("probe", file, kind, **limits)


@pytest.mark.parametrize("part", [0.2, 0.6])
def test_a_truncated_video_is_broken(step, part):
    refused(step, reasons.BROKEN, factories.cut(films.made(seconds=2), part))


@pytest.mark.parametrize("kind", ["video/mp4", "video/webm", "audio/mpeg", "audio/ogg", "audio/wav"])
def test_rubbish_is_broken(step, kind):
    heads = {"audio/ogg": b"OggS", "audio/wav": b"RIFF\xff\xff\0\0WAVE", "video/webm": b"\x1a\x45\xdf\xa3webm"}
    refused(step, "(broken|no_stream)", io.BytesIO(heads.get(kind, b"") + b"rubbish" * 5000), kind)


def test_ten_thousand_streams_are_refused(step):
    refused(step, reasons.BROKEN, films.with_tracks(10_000))


def test_too_long_is_refused_whatever_the_header_says(step):
    refused(step, reasons.TOO_LONG, films.made(seconds=3), max_seconds=1)
    data = bytearray(films.made(seconds=1, sound="").getvalue())
    # One frame said to be shown for a day: the table of the times of frames
    place = data.index(b"stts")
    count, delta = struct.unpack(">II", data[place + 12 : place + 20])
    data[place + 16 : place + 20] = struct.pack(">I", delta * 864_000 // max(count, 1))
    refused(step, reasons.TOO_LONG, io.BytesIO(bytes(data)))


def test_absurd_sizes_are_refused(step):
    refused(step, reasons.TOO_MANY_PIXELS, films.made(size=(640, 480)), max_pixels=640 * 479)
    data = bytearray(films.made("mp4", seconds=0.3, sound="", codec="mjpeg", pix_fmt="yuvj420p").getvalue())
    place = data.index(b"\xff\xc0")  # what the frame itself says
    data[place + 5 : place + 9] = struct.pack(">HH", 65_500, 65_500)
    refused(step, "(too_many_pixels|broken|memory|timeout|crashed)", io.BytesIO(bytes(data)))


def test_tables_that_promise_billions_of_frames_cost_nothing(step):
    """Of the times, the sizes and the places of frames."""
    made = films.made(seconds=0.5, sound="").getvalue()
    for table in (b"stts", b"stsz", b"stco"):
        data = bytearray(made)
        place = data.index(table) + (12 if table == b"stsz" else 8)
        data[place : place + 4] = struct.pack(">I", 2**31 - 1)
        with contextlib.suppress(child.Failed):
            assert step("probe", io.BytesIO(bytes(data)))["duration"] <= 1000


def test_a_step_that_takes_too_long_ends(step, monkeypatch):
    step("probe", films.made(seconds=20, size=(1280, 720), fps=30, sound=""))
    monkeypatch.setattr(child, "FILM_WALL_SECONDS", 0.6)
    with pytest.raises(child.Failed, match=reasons.TIMEOUT):
        step("720p")


def test_a_picture_is_no_video(step):
    refused(step, reasons.BROKEN, factories.png(), "video/mp4")
    refused(step, reasons.BROKEN, factories.gif(3), "video/webm")


def test_a_zip_behind_a_video_stays_behind(step, tmp_path):
    source = films.made(seconds=0.5)
    source.seek(0, 2)
    source.write(b"PK\x03\x04" + factories.PAYLOAD)
    step("probe", source)
    step("480p")
    assert factories.PAYLOAD not in (tmp_path / "480p.mp4").read_bytes()


@pytest.fixture
def web():
    """A server on this machine that remembers who came."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


LISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{url}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\na=control:{url}\n",
    "dash": '<?xml version="1.0"?><MPD><Period><BaseURL>{url}</BaseURL></Period></MPD>',
}


SLOWER = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("video/webm", "audio/mpeg", "audio/ogg", "audio/wav")]


@pytest.mark.parametrize("kind", ["video/mp4", *SLOWER])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_other_files_is_never_followed(step, tmp_path, web, name, kind):
    """Neither to this machine nor to the web: it is no film, whatever it is called, and nothing is opened."""
    url, seen = web
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(films.made(seconds=0.5).getvalue())
    for target in (f"{url}/x.ts", f"file://{secret}", str(secret)):
        text = LISTS[name].format(url=target).encode()
        assert magic.type_of(text) == ""
        refused(step, "(broken|no_stream)", io.BytesIO(text), kind)
    assert not seen


def test_frames_in_another_file_are_never_read(step, tmp_path):
    """A QuickTime file may say that its frames lie elsewhere."""
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(films.made(seconds=0.5).getvalue())
    source = films.pointing_to(str(secret))
    assert str(secret).encode() in source.getvalue()
    os.chmod(secret, 0)
    opened = os.stat(secret).st_atime_ns
    with contextlib.suppress(child.Failed):
        step("probe", source, "video/quicktime")
    assert os.stat(secret).st_atime_ns == opened


def test_the_door_to_other_files_is_shut():
    """What the demuxers would call to open one."""
    from uploads import film

    with pytest.raises(film.Refused):
        film.refuse_other("file:///etc/passwd", 1, {})
