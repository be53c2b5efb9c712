"""No file of a stranger leads out of the process that decodes it: also where the kernel gives that no namespace."""

import errno
import json
import socket

import pytest

from uploads import checkup, child, decode
from uploads.tests import factories, films

# Runs the real program. In its middle, when it opens the source, it tries to get out by a socket of its own, by a pair
# that two processes could use, and by what FFmpeg has for that.
TRIES = """
import ctypes, runpy, socket, sys
program, source, note, port, contained = {given!r}
if contained:  # Docker's own profile refuses it, too
    from_here = runpy.run_path({decode!r})
    libc = ctypes.CDLL(None)
    libc.prctl(38, 1, 0, 0, 0)
    unshare = {{"x86_64": (0xC000003E, (272,)), "aarch64": (0xC00000B7, (97,))}}
    assert from_here["forbid"](libc, unshare) and libc.unshare(0x40000000) == -1
ways = [lambda: socket.create_connection(("127.0.0.1", port), 2), socket.socketpair]
if program.endswith("film.py"):
    ways.append(lambda: __import__("av").open(f"tcp://127.0.0.1:{{port}}", timeout=2))
def tried(way):
    try:
        way()
    except OSError as error:
        return error.errno
    return 0
def hook(event, given):
    if event == "open" and given[0] == source and ways:
        mine, ways[:] = ways[:], []
        with open(note, "w") as file:
            file.write(repr([tried(way) for way in mine]))
sys.addaudithook(hook)
runpy.run_path(program, run_name="__main__")
"""


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.mark.parametrize("contained", [False, True])
@pytest.mark.parametrize("program", ["PROGRAM", "FILM"])
def test_no_decoder_gets_out(tmp_path, monkeypatch, server, program, contained):
    source, note = tmp_path / "original", tmp_path / "note"
    given = (str(getattr(child, program)), str(source), str(note), server.getsockname()[1], contained)
    (tmp_path / "tries.py").write_text(TRIES.format(given=given, decode=decode.__file__))
    monkeypatch.setattr(child, program, tmp_path / "tries.py")
    if program == "PROGRAM":
        source.write_bytes(factories.png(40, 30).getvalue())
        assert child.run(tmp_path, kind="image/png", max_pixels=10_000).width == 40
        assert note.read_text() == repr([errno.EPERM] * 2)
    else:
        source.write_bytes(films.made("mp4", seconds=1).getvalue())
        limits = {"max_seconds": 60, "max_pixels": 4096 * 4096, "kind": "video/mp4", "facts": None}
        assert child.step(tmp_path, "probe", told=lambda percent: None, **limits)["medium"] == "video"
        assert note.read_text() == repr([errno.EPERM] * 3)
    with pytest.raises(BlockingIOError):
        server.accept()
    assert json.loads((tmp_path / "answer").read_text())["offline"] is True


def test_doctor_says_whether_this_machine_keeps_decoders_in(monkeypatch, tmp_path, caplog):
    assert [found.level for found in checkup.decoder()] == ["ok"]
    open_one = tmp_path / "open.py"
    open_one.write_text('print(\'{"ok": true, "offline": false, "medium": "video"}\')')
    monkeypatch.setattr(child, "PROGRAM", open_one)
    monkeypatch.setattr(child, "FILM", open_one)
    assert [found.level for found in checkup.decoder()] == ["warn"]
    child._warn.cache_clear()
    for _turn in range(2):
        assert child.step(tmp_path, "probe", told=lambda percent: None) == {"medium": "video"}
    assert caplog.text.count("not kept from the network") == 1
    child._warn.cache_clear()


def test_a_machine_whose_calls_nobody_has_listed_is_not_said_to_be_shut():
    called = []
    libc = type("Libc", (), {"prctl": lambda self, *given: called.append(given) or 0})()
    assert decode.forbid(libc, {}) is False
    assert called == []
    assert decode.forbid(libc, decode.SOCKETS) is True
