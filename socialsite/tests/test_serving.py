"""What the process that serves never does: decode media. What it does by its own clock."""

import os
import subprocess
import sys
import time
from pathlib import Path

from socialsite.tests.test_house import imports, sources

DECODERS = {"PIL", "av", "pillow_heif"}
# Programs of child processes, and the made-up community, which is painted before anything is served.
MAY_DECODE = ("uploads/decode.py", "uploads/film.py", "socialsite/demo/")
LOADED = """
import sys
import socialsite.asgi
from django.urls import get_resolver
get_resolver().url_patterns
from socialsite.celery import app
app.finalize()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def serving(code: str, folder: Path, **more: str) -> subprocess.Popen[str]:
    """A process that has loaded what a web process loads, as on a real site."""
    tests_own = ("SOCIALSITE_TESTING", "DATABASE_URL")
    environ = {name: value for name, value in os.environ.items() if name not in tests_own}
    environ |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "socialsite.settings", **more}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], env=environ, stdout=subprocess.PIPE, text=True
    )


def test_only_child_processes_know_decoders() -> None:
    faults = [
        f"{path}:{line} imports {name}"
        for path, tree in sources().items()
        if not path.startswith(MAY_DECODE)
        for line, name in imports(tree)
        if name.partition(".")[0] in DECODERS or name.startswith(("uploads.decode", "uploads.film."))
    ]
    assert not faults, "\n".join(["uploads.child.run(folder, ...) decodes, in a process of its own; but", *faults])


def test_doors_start_no_process_and_ask_nobody_elsewhere() -> None:
    """What takes long or waits for others is a worker's, or the child's."""
    waiting = ("subprocess", "multiprocessing", "requests", "urllib.request", "http.client", "boto3", "uploads.child")
    doors = ("/views", "/api", "/consumers", "/middleware", "/forms")
    faults = [
        f"{path}:{line} imports {name}"
        for path, tree in sources().items()
        if any(door in path for door in doors)
        for line, name in imports(tree)
        if name.startswith((*waiting, "core.fetch"))
    ]
    assert not faults, "\n".join(["A worker does that: wake.after_commit(task); but", *faults])


def test_a_process_that_serves_has_no_decoder_loaded(tmp_path: Path) -> None:
    """With all pages, the API and all tasks, as the embedded site has them in one process."""
    process = serving(LOADED, tmp_path)
    said, _errors = process.communicate(timeout=120)
    loaded = set(said.split())
    assert {"socialsite", "uploads", "feed", "celery"} <= loaded
    assert not loaded & DECODERS


def test_a_machine_without_workers_clears_what_it_was_receiving(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    left, young = (tmp_path / "tmp" / f"tmp{name}.upload.mp4" for name in ("left", "young"))
    for path in (left, young):
        path.write_bytes(b"half of a film")
    os.utime(left, (time.time() - 25 * 3600,) * 2)
    process = serving("import socialsite.asgi, time; time.sleep(120)", tmp_path)
    try:
        end = time.monotonic() + 60
        while left.exists() and time.monotonic() < end:
            time.sleep(0.1)
        assert (left.exists(), young.exists()) == (False, True)
    finally:
        process.kill()
        process.communicate()
