"""Programs of the system that tests and tools need: found, or installed from Debian's packages when we may."""

import contextlib
import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# What a thing is called here: the programs of which one must be found, and Debian's packages.
PROGRAMS: dict[str, tuple[list[str], list[str]]] = {
    "postgres": (["/usr/lib/postgresql/*/bin/postgres", "postgres"], ["postgresql"]),
    "redis": (["redis-server", "valkey-server"], ["redis-server"]),
    "chromium": (["chromium", "chromium-browser", "google-chrome"], ["chromium"]),
    "gettext": (["msgfmt"], ["gettext"]),
    "hey": (["hey"], ["hey"]),
    "rgw": (["radosgw"], ["ceph-mon", "ceph-osd", "radosgw", "ceph-common"]),
    "buildah": (["buildah"], ["buildah"]),
    "debootstrap": (["debootstrap"], ["debootstrap"]),
}


class Trouble(Exception):
    """What a person has to do, in one sentence."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def find(name: str) -> str:
    """The program's path, of several versions the newest; empty when it is not here."""
    for pattern in PROGRAMS[name][0]:
        if "/" in pattern:
            found = sorted(glob.glob(pattern), key=lambda path: [int(n) for n in path.split("/") if n.isdigit()])
            if found:
                return found[-1]
        elif path := shutil.which(pattern):
            return path
    return ""


def ensure(*names: str) -> None:
    """Installs what is missing from Debian's packages when it may, else says what is missing."""
    missing = [name for name in names if not find(name)]
    if not missing:
        return
    packages = [package for name in missing for package in PROGRAMS[name][1]]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Trouble(
            f"Missing on this machine: {', '.join(missing)}; on Debian or Ubuntu: apt install {' '.join(packages)}"
        )
    say(f"Installing {', '.join(packages)} from Debian's packages …")
    if "postgres" in missing:
        config = Path("/etc/postgresql-common/createcluster.conf")
        if not config.exists():
            config.parent.mkdir(parents=True, exist_ok=True)
            config.write_text("create_main_cluster = false\n")
    with start_nothing():
        apt("update")
        apt("install", "-y", "--no-install-recommends", *packages)
    if still := [name for name in names if not find(name)]:
        raise Trouble(f"Installed {' '.join(packages)}, and still cannot find {', '.join(still)}.")


@contextlib.contextmanager
def start_nothing() -> Iterator[None]:
    """Keeps packages from starting their daemons: ours are started here, on ports of their own."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def apt(*arguments: str) -> None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", *arguments]
    done = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise Trouble(
            f"{(done.stdout + done.stderr).strip()[-1500:]}\napt-get {arguments[0]} failed; the lines above say why."
        )
