"""`manage.py up` as an operator meets it: one process, one sentence when it cannot, nothing acknowledged is lost."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from socialsite.management.commands import up

pytestmark = pytest.mark.xdist_group("up")  # one worker, one prepared folder
BASE = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90


def free_port() -> int:
    """A port below the range the system hands out."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


def start(data: Path, port: int, **more: str) -> subprocess.Popen[str]:
    names = ("DATABASE_URL", "REDIS_URL", "SOCIALSITE_TESTING", "SITE_URL", "SECRET_KEY", "HOST")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=BASE,
        env={**clean, "DATA_DIR": str(data), "PORT": str(port), "PYTHONUNBUFFERED": "1", **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    """What it said until it ended by itself."""
    try:
        output, _ = process.communicate(timeout=START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return output


def wait_until_up(process: subprocess.Popen[str], port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, process.stdout and process.stdout.read()
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("it did not come up")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after its first start, copied by the tests so that each starts quickly."""
    data = tmp_path_factory.mktemp("up")
    port = free_port()
    process = start(data, port)
    try:
        wait_until_up(process, port)
    finally:
        process.send_signal(signal.SIGINT)
        output = ended(process)
    (data / "first-output").write_text(output)
    (data / "first-code").write_text(str(process.returncode))
    return data


@pytest.fixture
def site(prepared: Path) -> Iterator[tuple[Path, int, subprocess.Popen[str]]]:
    port = free_port()
    process = start(prepared, port)
    try:
        wait_until_up(process, port)
        yield prepared, port, process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


@pytest.mark.slow
def test_first_start_tells_where_it_is_and_how_to_own_it_and_ctrl_c_ends_it(prepared: Path) -> None:
    output = (prepared / "first-output").read_text()
    assert "/owner/" in output
    assert "is at http://localhost:" in output
    assert "Traceback" not in output
    assert output.rstrip().endswith("Stopped.")
    assert (prepared / "first-code").read_text() == "0"


@pytest.mark.slow
def test_second_start_is_quick(site: tuple[Path, int, subprocess.Popen[str]]) -> None:
    _data, _port, process = site
    process.send_signal(signal.SIGTERM)
    output = ended(process)
    assert "Preparing" not in output, "nothing is left to prepare at the second start"


@pytest.mark.slow
def test_a_second_process_on_the_same_folder_is_refused(site: tuple[Path, int, subprocess.Popen[str]]) -> None:
    data, _port, _process = site
    other = start(data, free_port())
    output = ended(other)
    assert other.returncode == 1
    assert "already running" in output
    assert len(output.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_busy_port_is_one_sentence(site: tuple[Path, int, subprocess.Popen[str]], tmp_path: Path) -> None:
    _data, port, _process = site
    other = start(tmp_path, port)
    output = ended(other)
    assert other.returncode == 1
    assert f"127.0.0.1:{port} cannot be used" in output
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "http", "PORT must be a whole number"),
        *(
            pytest.param(*one, marks=pytest.mark.slow)
            for one in [
                ("SITE_URL", "example.org", "SITE_URL must look like"),
                ("DATA_DIR", "/proc/none", "DATA_DIR is /proc/none, which cannot be written to"),
                ("REDIS_URL", "redis://127.0.0.1:1/0", "SECRET_KEY must come from the environment"),
                ("HOST", "no.such.host.invalid", "cannot be used"),
            ]
        ),
    ],
)
def test_a_broken_setting_is_one_sentence(tmp_path: Path, name: str, value: str, says: str) -> None:
    process = start(tmp_path, free_port(), **{name: value})
    output = ended(process)
    assert process.returncode == 1, output
    assert says in output
    assert len(output.strip().splitlines()) == 1


@pytest.mark.slow
def test_kill_9_keeps_every_event_and_the_next_start_delivers_it(prepared: Path) -> None:
    """Events written by another process just before the kill are numbered and read by the worker of the next start."""
    port = free_port()
    process = start(prepared, port)
    wait_until_up(process, port)
    process.kill()
    process.communicate(timeout=30)
    with contextlib.closing(sqlite3.connect(prepared / "db.sqlite3", timeout=20)) as database, database:
        database.execute(
            "INSERT INTO core_event (name, subject, data, created_at) VALUES (?, ?, ?, datetime('now'))",
            ("core.DoctorAsked", "doctor", '{"nonce": "after-the-kill"}'),
        )
    process = start(prepared, port)
    try:
        wait_until_up(process, port)
        end = time.monotonic() + 30
        answer = None
        while answer != ("after-the-kill",) and time.monotonic() < end:
            time.sleep(0.2)
            with contextlib.closing(sqlite3.connect(prepared / "db.sqlite3", timeout=20)) as database:
                answer = database.execute("SELECT detail FROM core_pulse WHERE name = 'doctor'").fetchone()
        assert answer == ("after-the-kill",)
    finally:
        process.kill()
        process.communicate(timeout=30)


@pytest.mark.slow
def test_doctor_finds_a_running_site_well_and_a_stopped_one_ill(prepared: Path) -> None:
    port = free_port()
    process = start(prepared, port)
    wait_until_up(process, port)
    environment = {**os.environ, "DATA_DIR": str(prepared), "PORT": str(port), "DATABASE_URL": ""}
    environment.pop("SOCIALSITE_TESTING", None)
    command = [sys.executable, "manage.py", "doctor"]
    try:
        well = subprocess.run(
            command, cwd=BASE, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        process.kill()
        process.communicate(timeout=30)
    assert well.returncode == 0, well.stdout
    assert "Everything answers." in well.stdout
    command += ["--wait", "2"]
    ill = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ill.returncode == 1
    assert "-> Start the worker" in ill.stdout


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "only_one", Mock())
    monkeypatch.setattr(up.server, "listen", Mock())
    monkeypatch.setattr(up.Command, "migrate", Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(SystemExit, match=r"No space left on device\)\. Make room"):
        up.Command().handle()


@pytest.mark.parametrize(
    ("host", "site", "said"),
    [
        ("0.0.0.0", "http://localhost:8000", True),
        ("0.0.0.0", "http://club.lan:8000", False),
        ("127.0.0.1", "http://localhost:8000", False),
    ],
)  # noqa: S104
def test_who_listens_to_others_is_told_what_they_must_type(host: str, site: str, said: bool, settings: Any) -> None:
    settings.HOST, settings.SITE_URL = host, site
    out = StringIO()
    up.Command(stdout=out).greet("", 1.0)
    assert ("SITE_URL" in out.getvalue()) is said
