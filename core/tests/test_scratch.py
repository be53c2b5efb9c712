"""Folders of jobs, and what of them a killed process leaves; turns; room."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core import scratch, tasks

KILLED = """
import sys, time
import django
django.setup()
from core import scratch
with scratch.turn("archives") as mine, scratch.folder("export-ann") as folder:
    (folder / "export.zip").write_bytes(b"words")
    print(folder, flush=True)
    assert mine
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.DATA_DIR = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "tmp"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return settings.FILE_UPLOAD_TEMP_DIR


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


@pytest.mark.django_db
def test_what_a_killed_process_leaves_is_found(place: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(place.parent), "DATABASE_URL": ""}
    process = subprocess.Popen([sys.executable, "-c", KILLED], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        age(folder, 3600)
        assert scratch.sweep() == 0, "somebody is at work in it"
        with scratch.turn("archives") as mine:
            assert mine is False
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
    assert (folder / "export.zip").exists()
    tasks.upkeep()
    assert list(place.iterdir()) == []
    with scratch.turn("archives") as mine:
        assert mine is True, "its turn ended with it"


def test_what_is_young_or_somebody_elses_stays(place: Path, settings: Any) -> None:
    young, other, old = place / f"{scratch.PREFIX}x-1", place / "tmpabc.upload.zip", place / "tmpdef"
    young.mkdir()
    other.write_bytes(b"on its way")
    old.mkdir()
    (old / "export.zip").write_bytes(b"of the version before")
    age(old, 25 * 3600)
    assert scratch.sweep() == 1
    assert sorted(place.iterdir()) == [young, other]
    age(other, 25 * 3600)
    settings.DATA_DIR = place.parent / "elsewhere"
    assert scratch.sweep() == 0, "this folder is not the site's alone"
    settings.DATA_DIR = place.parent
    assert scratch.sweep() == 1


def test_a_folder_can_be_taken_from_who_works_in_it(place: Path) -> None:
    with scratch.folder("export-ann") as one, scratch.folder("export-ben") as other:
        scratch.drop("export-ann")
        assert not one.exists()
        assert other.exists()
    assert list(place.iterdir()) == []


def test_one_at_a_time_whoever_comes_meanwhile_does_not_wait(place: Path) -> None:
    answers = []

    def ask() -> None:
        with scratch.turn("archives") as mine:
            answers.append(mine)

    with scratch.turn("archives") as mine, scratch.turn("other") as other:
        assert (mine, other) == (True, True)
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(5)
    ask()
    assert answers == [False, True]


def test_room_is_left_for_everything_else(place: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        free: int

    settings.MIN_FREE_BYTES = 100
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda path: Usage(150))
    scratch.check_room(50)
    with pytest.raises(OSError, match="too little room") as full:
        scratch.check_room(51)
    assert full.value.errno in scratch.FULL
