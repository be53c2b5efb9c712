"""Node for the tests: it comes as a wheel (requirements-dev.txt), its packages by e2e/package-lock.json."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
MODULES = HERE / "node_modules"
STAMP = MODULES / ".installed"


def install() -> None:
    """The packages of the lock file, once for all processes. From npm's cache, where it has them."""
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        command = [str(BIN / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        done = subprocess.run(
            command, cwd=HERE, env=environment(), capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"npm ci failed:\n{done.stderr[-2000:]}"
        STAMP.write_text(wanted)


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_UPDATE_NOTIFIER": "1"}
