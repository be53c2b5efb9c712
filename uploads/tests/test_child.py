"""Real pictures through the real child process; evil ones; and what becomes of a child that misbehaves."""

import contextlib
import errno
import io
import os
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, PngImagePlugin

from uploads import child, decode, reasons
from uploads.tests import factories

pillow_heif.register_heif_opener()


@pytest.fixture
def prepare(tmp_path):
    def run(file, kind="image/png", max_pixels=50_000_000):
        (tmp_path / "original").write_bytes(file.getvalue())
        return child.run(tmp_path, kind=kind, max_pixels=max_pixels)

    return run


def opened(folder: Path, name: str) -> Image.Image:
    image = Image.open(folder / f"{name}.webp")
    image.load()
    return image


@pytest.mark.parametrize(
    ("size", "names"),
    [
        ((200, 100), {"320": 200}),
        ((320, 100), {"320": 320}),
        ((321, 100), {"320": 320, "640": 321}),
        ((1500, 1000), {"320": 320, "640": 640, "1280": 1280, "2048": 1500}),
        ((3000, 2000), {"320": 320, "640": 640, "1280": 1280, "2048": 2048}),
        ((1000, 2000), {"320": 160, "640": 320, "1280": 640, "2048": 1000}),
    ],
)
def test_makes_the_sizes_and_none_larger_than_the_source(prepare, tmp_path, size, names):
    picture = prepare(factories.png(*size))
    assert {name: one["w"] for name, one in picture.variants.items()} == names
    assert (picture.width, picture.height) == size
    for name, one in picture.variants.items():
        image = opened(tmp_path, name)
        assert (image.format, image.width, image.height) == ("WEBP", one["w"], one["h"])
        assert one["bytes"] == (tmp_path / f"{name}.webp").stat().st_size


def test_nothing_of_the_camera_is_left(prepare, tmp_path):
    source = factories.jpeg_with_gps(1000, 700)
    assert Image.open(source).getexif().get_ifd(0x8825)
    for name in prepare(source, "image/jpeg").variants:
        data = (tmp_path / f"{name}.webp").read_bytes()
        image = opened(tmp_path, name)
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile"} & image.info.keys()
        for trace in (b"EXIF", b"XMP ", b"ICCP", b"Spycam", b"Vienna", b"at home"):
            assert trace not in data


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (64, 48), (5, 24)),
        (2, (64, 48), (58, 24)),
        (3, (64, 48), (58, 24)),
        (4, (64, 48), (5, 24)),
        (5, (48, 64), (24, 5)),
        (6, (48, 64), (24, 5)),
        (7, (48, 64), (24, 58)),
        (8, (48, 64), (24, 58)),
    ],
)
def test_stands_upright(prepare, tmp_path, orientation, size, red_at):
    picture = prepare(factories.jpeg_with_gps(orientation=orientation), "image/jpeg")
    image = opened(tmp_path, "320")
    assert (picture.width, picture.height) == image.size == size
    red, _green, blue = image.convert("RGB").getpixel(red_at)
    assert red > 150 > blue


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
@pytest.mark.parametrize("size", [(60, 40), pytest.param((2300, 1500), marks=pytest.mark.slow)])
def test_every_mode_becomes_a_picture(prepare, tmp_path, mode, size):
    image = factories.drawn(*size).convert("L").convert(mode) if mode == "I;16" else factories.drawn(*size, mode)
    form, kind = ("JPEG", "image/jpeg") if mode == "CMYK" else ("PNG", "image/png")
    picture = prepare(factories.encoded(image, form), kind)
    assert opened(tmp_path, "320").mode in {"RGB", "RGBA"}
    assert (picture.width, picture.height) == size


def test_sixteen_bits_keep_their_light(prepare, tmp_path):
    prepare(factories.encoded(Image.new("I;16", (50, 50), 128 * 256)))
    assert abs(opened(tmp_path, "320").convert("L").getpixel((25, 25)) - 128) < 4


def test_bands_join_without_a_seam(prepare, tmp_path, monkeypatch):
    """A large picture is reduced in bands: the same as in one piece."""
    image = Image.linear_gradient("L").resize((4500, 7000)).convert("P")
    prepare(factories.encoded(image))
    made = opened(tmp_path, "2048").convert("L")
    column = [made.getpixel((600, y)) for y in range(made.height)]
    assert all(abs(a - b) <= 3 for a, b in zip(column, column[1:], strict=False))
    assert column[0] < 5
    assert column[-1] > 250


def test_clear_places_stay_clear(prepare, tmp_path):
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (50, 0, 100, 100))
    prepare(factories.encoded(image))
    made = opened(tmp_path, "320")
    assert made.getpixel((10, 50))[3] < 10
    assert made.getpixel((90, 50))[3] > 245


def test_colours_follow_the_profile(prepare, tmp_path):
    """A profile that says "linear light" makes the same numbers brighter in sRGB: 64/255 of the light is 137."""

    def grey_with(profile: bytes) -> int:
        source = factories.encoded(Image.new("RGB", (40, 40), (64, 64, 64)), icc_profile=profile)
        prepare(source)
        return opened(tmp_path, "320").convert("RGB").getpixel((20, 20))[0]

    assert abs(grey_with(factories.linear_profile()) - 137) < 4
    assert abs(grey_with(b"no profile at all") - 64) < 4


def test_knows_the_colour_of_a_picture(prepare):
    assert prepare(factories.encoded(Image.new("RGB", (90, 90), (16, 128, 64)))).color == "#108040"


@pytest.mark.parametrize(("form", "kind"), [("AVIF", "image/avif"), ("HEIF", "image/heic"), ("WEBP", "image/webp")])
def test_takes_the_newer_formats(prepare, form, kind):
    picture = prepare(factories.encoded(factories.drawn(700, 500), form), kind)
    assert (picture.width, picture.height, set(picture.variants)) == (700, 500, {"320", "640", "1280"})


def test_animations_stay_animated(prepare, tmp_path):
    picture = prepare(factories.gif(12, 400, 300), "image/gif")
    assert picture.animated
    assert set(picture.variants) == {"320", "640"}
    for name in picture.variants:
        image = opened(tmp_path, name)
        assert image.n_frames == 12
        assert image.info["loop"] == 0


def test_animated_webp_stays_animated(prepare, tmp_path):
    pictures = [factories.drawn(60, 40).rotate(number) for number in range(5)]
    source = factories.encoded(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], duration=50)
    assert prepare(source, "image/webp").animated
    assert opened(tmp_path, "320").n_frames == 5


# Evil


@pytest.mark.parametrize("part", [0.3, 0.7, 0.97])
@pytest.mark.parametrize(
    ("form", "kind"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("HEIF", "image/heic")]
)
def test_a_truncated_file_is_broken(prepare, form, kind, part):
    noisy = Image.effect_noise((300, 200), 90).convert("RGB")
    with pytest.raises(child.Failed, match=reasons.BROKEN):
        prepare(factories.cut(factories.encoded(noisy, form), part), kind)


def test_a_mislabelled_file_is_broken(prepare):
    with pytest.raises(child.Failed, match=reasons.BROKEN):
        prepare(factories.jpeg_with_gps(), "image/png")
    with pytest.raises(child.Failed, match=reasons.BROKEN):
        prepare(io.BytesIO(b"\x89PNG\r\n\x1a\n" + factories.PAYLOAD), "image/png")


def test_a_polyglot_leaves_its_other_half_behind(prepare, tmp_path):
    source = factories.jpeg_with_gps()
    source.seek(0, 2)
    source.write(factories.PAYLOAD)
    picture = prepare(source, "image/jpeg")
    for name in picture.variants:
        assert factories.PAYLOAD not in (tmp_path / f"{name}.webp").read_bytes()


@pytest.mark.parametrize(("form", "kind"), factories.FORMS.items())
def test_a_picture_with_another_file_behind_it_is_shown_without(prepare, tmp_path, form, kind):
    """A zip, a page, a program: what is shown is drawn anew."""
    source = factories.encoded(factories.drawn(), form)
    source.seek(0, 2)
    source.write(b"<!doctype html>" + factories.PAYLOAD + b"MZ" + zipped("evil.php", factories.PAYLOAD))
    picture = prepare(source, kind)
    for name in picture.variants:
        data = (tmp_path / f"{name}.webp").read_bytes()
        assert not [word for word in (factories.PAYLOAD, b"PK\x03\x04", b"evil.php") if word in data]


def zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


def test_words_inside_a_picture_stay_inside(prepare, tmp_path):
    """A GIF whose first bytes are also a script, and a PNG with a page in its notes."""
    script = bytearray(factories.gif(1).getvalue())
    script[6:8] = b"/*"  # so wide, by its header
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", factories.PAYLOAD.decode())
    with contextlib.suppress(child.Failed):
        prepare(io.BytesIO(bytes(script) + b"*/=1;" + factories.PAYLOAD), "image/gif")
    prepare(factories.encoded(factories.drawn(), "PNG", pnginfo=notes))
    for path in tmp_path.glob("*.webp"):
        assert factories.PAYLOAD not in path.read_bytes()


def test_notes_that_unpack_to_gigabytes_are_not_unpacked(prepare):
    """A hundred compressed notes of 10 MB each in a PNG of 1 MB."""
    notes = PngImagePlugin.PngInfo()
    for number in range(100):
        notes.add_text(f"Note {number}", "a" * 10_000_000, zip=True)
    with pytest.raises(child.Failed, match=reasons.BROKEN):
        prepare(factories.encoded(factories.drawn(), "PNG", pnginfo=notes))


@pytest.mark.parametrize(("form", "kind"), [("HEIF", "image/heic"), ("AVIF", "image/avif")])
def test_a_heic_that_says_it_is_small_or_huge(prepare, form, kind):
    """Its header is no more than a word: the decoder sees what is there, and the limits hold."""
    made = factories.encoded(factories.drawn(1024, 768), form).getvalue()
    for size in ((60_000, 60_000), (8, 8), (0, 0), (2**31, 2)):
        data = bytearray(made)
        place = -1
        while (place := data.find(b"ispe", place + 1)) != -1:
            data[place + 8 : place + 16] = struct.pack(">II", *size)
        with contextlib.suppress(child.Failed):
            picture = prepare(io.BytesIO(bytes(data)), kind)
            assert picture.width * picture.height <= 1024 * 768


@pytest.mark.parametrize(("form", "kind"), [("HEIF", "image/heic"), ("AVIF", "image/avif"), ("WEBP", "image/webp")])
def test_a_bomb_is_refused_before_it_is_unpacked(prepare, form, kind):
    source = factories.encoded(Image.new("RGB", (2500, 2000)), form)
    assert len(source.getvalue()) < 100_000
    with pytest.raises(child.Failed, match=reasons.TOO_MANY_PIXELS):
        prepare(source, kind, max_pixels=4_999_999)


def test_a_header_that_promises_too_much_is_refused_before_decoding(prepare):
    with pytest.raises(child.Failed, match=reasons.TOO_MANY_PIXELS):
        prepare(factories.png_saying(60_000, 60_000))


@pytest.mark.slow
def test_the_largest_allowed_picture_fits_into_the_memory_limit(prepare):
    """49 million pixels with alpha, 200 kB as a file."""
    source = factories.encoded(Image.new("RGBA", (7000, 7000), (9, 90, 9, 200)))
    assert len(source.getvalue()) < 1_000_000
    assert prepare(source).variants["2048"]["w"] == 2048


def test_the_memory_limit_holds(tmp_path, monkeypatch):
    """The same picture with less room: a plain reason, not a dead machine."""
    program = tmp_path / "decode.py"
    text = Path(decode.__file__).read_text()
    program.write_text(text.replace("MEMORY = 1024 * 1024 * 1024", "MEMORY = 200 * 1024 * 1024"))
    monkeypatch.setattr(child, "PROGRAM", program)
    source = factories.encoded(Image.new("RGBA", (7000, 7000), (9, 90, 9, 200)))
    (tmp_path / "original").write_bytes(source.getvalue())
    with pytest.raises(child.Failed, match=reasons.MEMORY):
        child.run(tmp_path, kind="image/png", max_pixels=50_000_000)


def test_endless_and_wide_animations_are_refused(prepare):
    with pytest.raises(child.Failed, match=reasons.TOO_MANY_FRAMES):
        prepare(factories.gif(child.MAX_FRAMES + 1, 8, 8), "image/gif")
    with pytest.raises(child.Failed, match=reasons.TOO_MANY_FRAMES):
        prepare(factories.gif_saying(12, 5000, 4000), "image/gif")


# A child that misbehaves


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Lets other code run in place of decode.py."""
    (tmp_path / "original").touch()

    def put(code: str) -> None:
        path = tmp_path / "program.py"
        path.write_text(code)
        monkeypatch.setattr(child, "PROGRAM", path)

    return put


def run(folder):
    return child.run(folder, kind="image/png", max_pixels=1)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", reasons.CRASHED),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", reasons.CRASHED),
        ("raise SystemExit(3)", reasons.CRASHED),
        ("print('rubbish')", reasons.CRASHED),
        ("print('x' * 10_000_000)", reasons.CRASHED),
        ("pass", reasons.CRASHED),
        ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 5))\nwhile True: pass", reasons.TIMEOUT),
    ],
)
def test_whatever_ends_the_child_is_a_plain_reason(program, tmp_path, code, reason):
    program(code)
    with pytest.raises(child.Failed, match=reason):
        run(tmp_path)


def test_a_child_that_takes_too_long_is_killed_with_all_it_started(program, tmp_path, monkeypatch):
    note = tmp_path / "pid"
    program(
        "import subprocess, sys, time, pathlib\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(other.pid))\n"
        "time.sleep(60)"
    )
    monkeypatch.setattr(child, "WALL_SECONDS", 2.0)
    began = time.monotonic()
    with pytest.raises(child.Failed, match=reasons.TIMEOUT):
        run(tmp_path)
    assert time.monotonic() - began < 10
    pid = int(note.read_text())
    end = time.monotonic() + 5
    while time.monotonic() < end and _alive(pid):
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_child_sees_no_environment_and_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    code = (
        f"import os, runpy, socket\n"
        f"decode = runpy.run_path({decode.__file__!r})\n"
        f"offline = decode['confine'](os.getppid())\n"
        f"assert 'SECRET_KEY' not in os.environ\n"
        f"try:\n    socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
        f"except OSError as error:\n    print(offline, error.errno)\n"
    )
    said = subprocess.run(
        [sys.executable, "-I", "-c", code], env={}, capture_output=True, text=True, check=True
    ).stdout.split()
    assert said == ["True", str(errno.EPERM)]


def test_the_child_ends_with_its_parent():
    done = subprocess.run(
        [sys.executable, "-I", decode.__file__], input=f'{{"parent": {os.getpid() + 1}}}', text=True, check=False
    )
    assert done.returncode == 1


def test_the_folder_of_a_job_is_private_and_goes():
    with child.folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "original").write_bytes(b"x")
    assert not folder.exists()
