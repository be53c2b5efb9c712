"""`make image`: builds the Dockerfile without a container engine, starts the image, and asks it for /healthz.

buildah works in chroot isolation, so nothing has to run and nothing is pulled: what stands in FROM is a minimal
Debian made by debootstrap that bears that name, with python3 as `python`. It proves the Dockerfile, not the base of a
registry. Needs root on Debian or Ubuntu; everything lies in .build/.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOUSE))  # this is a script

from deploy.programs import Trouble, ensure, say  # noqa: E402
from deploy.services import free_port, until  # noqa: E402

BUILD = HOUSE / ".build"
NAME = "localhost/socialsite"
PACKAGES = "python3,python3-venv,ca-certificates"
SUITE = "bookworm"


def call(*command: str) -> str:
    done = subprocess.run(command, cwd=HOUSE, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise Trouble(f"{(done.stdout + done.stderr).strip()[-3000:]}\n{command[0]} failed; the lines above say why.")
    return done.stdout.strip()


def buildah(*arguments: str) -> list[str]:
    store = ["--root", str(BUILD / "storage"), "--runroot", str(BUILD / "run"), "--storage-driver", "vfs"]
    return ["buildah", *store, *arguments]


def base_name() -> str:
    return re.findall(r"^FROM (\S+)", (HOUSE / "Dockerfile").read_text(), re.M)[0]


def make_base() -> None:
    """The stand-in, made once; only a finished one is given the name."""
    name = f"localhost/{base_name()}"
    if subprocess.run(buildah("inspect", "--type", "image", name), capture_output=True).returncode == 0:
        return
    say(f"Making a stand-in for {base_name()} with debootstrap (half a minute, once) …")
    root = BUILD / "base"
    shutil.rmtree(root, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)]
    call(*command, *mirror())
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    container = call(*buildah("from", "scratch"))
    call(*buildah("add", "--quiet", container, str(root), "/"))
    call(*buildah("commit", "--quiet", "--format", "docker", "--rm", container, name))
    shutil.rmtree(root)


def mirror() -> list[str]:
    """This machine's own source of packages, if it names one for the suite."""
    listed = call("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)")
    sites = [line.split()[0] for line in listed.splitlines() if line.split()[1:] == [SUITE, "main"]]
    return sites[:1]


def package_settings() -> list[str]:
    """How this machine's pip reaches its packages: mounted while building, never in the image."""
    homes = [Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf"]
    config = next((path for path in homes if path.exists()), None)
    mounts = [f"--volume={config}:/etc/pip.conf:ro"] if config else []
    bundle = Path(os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt")
    places = {bundle, Path("/etc/ssl/certs/ca-certificates.crt")}
    return mounts + [f"--volume={bundle}:{place}:ro" for place in sorted(places) if bundle.exists()]


def build() -> None:
    say("Building the image …")
    words = ["--pull-never", "--isolation", "chroot", "--format", "docker", "--layers=false", "--quiet"]
    call(*buildah("bud", *words, *package_settings(), "--tag", NAME, "."))


def try_it() -> None:
    """Starts the image with its own command, as its own user, and asks it as its health check does."""
    config = json.loads(call(*buildah("inspect", "--type", "image", NAME)))["Docker"]["config"]
    container, port = call(*buildah("from", "--pull-never", NAME)), free_port()
    run = ["run", "--isolation", "chroot", "--env", f"PORT={port}", "--env", "HOST=127.0.0.1", container, "--"]
    log = (BUILD / "site.log").open("w+")
    site = subprocess.Popen(
        buildah(*run, *config["Cmd"]),
        cwd=HOUSE,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        start = time.monotonic()
        if not until(lambda: site.poll() is not None or answers(port), seconds=90) or site.poll() is not None:
            said = (BUILD / "site.log").read_text()[-2000:]
            raise Trouble(f"{said}\nThe image does not answer /healthz; the lines above are its own.")
        say(f"/healthz answers after {time.monotonic() - start:.1f} s")
        call(*buildah(*run, *config["Healthcheck"]["Test"][1:]))
        say("its health check agrees")
        who = call(*buildah(*run, "python", "-c", "import os; print(os.getuid())"))
        tools = call(
            *buildah(*run, "python", "-c", "import shutil; print(*filter(shutil.which, ['gcc', 'make', 'git', 'pip']))")
        )
        if who == "0" or tools:
            raise Trouble(f"The image runs as user {who} and holds the tools: {tools or 'none'}.")
        say(f"it runs as user {who}, without build tools")
    finally:
        if site.poll() is None:
            os.killpg(site.pid, signal.SIGTERM)
            try:
                site.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(site.pid, signal.SIGKILL)
        log.close()
        call(*buildah("rm", container))


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def main() -> None:
    if os.geteuid() != 0:
        raise Trouble(
            "make image needs root (chroot and debootstrap); with Docker or Podman the Dockerfile builds as it is."
        )
    ensure("buildah", "debootstrap")
    BUILD.mkdir(exist_ok=True)
    make_base()
    build()
    size = sum(
        layer["Size"]
        for layer in [json.loads(call(*buildah("images", "--json", NAME)))[0]]
        if isinstance(layer.get("Size"), int)
    )
    say(f"built {NAME}" + (f", {size >> 20} MB" if size else ""))
    try_it()


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(1)
