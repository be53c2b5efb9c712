"""A real S3 server for tests: Ceph's object gateway from Debian's packages, in memory, on 127.0.0.1, gone afterwards.

    python deploy/rgw.py run -- COMMAND      TEST_S3_ENDPOINT and its folder, TEST_S3_FOLDER; about 15 seconds to start

It enforces signatures, ends, lengths, conditions, CORS and lifecycles, which imitations of S3 do not. One monitor, one
store in memory, one gateway; a lifecycle's day lasts seconds. Needs root, as Ceph's daemons do.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # this is a script

from deploy.programs import Trouble, ensure, say  # noqa: E402
from deploy.services import exclusive, free_port, run, scratch, until  # noqa: E402

PREFIX = "socialsite-rgw-"
KEY, SECRET = "testaccess", "testsecret"
DAY = 5  # seconds; the gateway walks its lifecycles as often, and with less has no time for anything else
DAEMONS = ("gateway", "store", "monitor")  # in the order in which they end
CONFIG = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{port},v1:127.0.0.1:{second}]
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = {folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 2147483648
osd memory target = 939524096
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
ms bind ipv4 = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
rgw lc max objs = 1
rgw lc max worker = 1
rgw lc max wp worker = 1
rgw dynamic resharding = false
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
"""


class Gateway:
    """Monitor, store and gateway in one folder."""

    def __init__(self, folder: Path, endpoint: str = "") -> None:
        self.folder = folder
        self.environ = {**os.environ, "CEPH_CONF": str(folder / "ceph.conf")}
        self.endpoint = endpoint
        self.daemons: list[subprocess.Popen[bytes]] = []

    def start(self) -> str:
        ensure("rgw")
        port, fsid = free_port(), uuid.uuid4()
        for name in ("mon", "osd"):
            (self.folder / name).mkdir()
        config = CONFIG.format(fsid=fsid, port=port, second=port + 1, folder=self.folder)
        (self.folder / "ceph.conf").write_text(config)
        self._start_monitor(port, fsid)
        self._start_store()
        self._start_gateway()
        return self.endpoint

    def _start_monitor(self, port: int, fsid: uuid.UUID) -> None:
        keyring, monmap = str(self.folder / "keyring"), str(self.folder / "monmap")
        self._do("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        rights = [word for daemon in ("mon", "osd", "mgr") for word in ("--cap", daemon, "allow *")]
        self._do("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *rights)
        address = f"[v2:127.0.0.1:{port},v1:127.0.0.1:{port + 1}]"
        self._do("monmaptool", "--create", "--addv", "a", address, "--fsid", str(fsid), monmap)
        self._do("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self._launch("monitor", "ceph-mon", "-f", "-i", "a")

    def _start_store(self) -> None:
        own = str(uuid.uuid4())
        number = self._do("timeout", "30", "ceph", "osd", "new", own).strip()
        rights = ["mon", "allow profile osd", "osd", "allow *"]
        secret = self._do("ceph", "auth", "get-or-create", f"osd.{number}", *rights)
        (self.folder / "osd" / "keyring").write_text(secret)
        with (self.folder / "keyring").open("a") as keyring:
            keyring.write(secret)
        self._do("ceph-osd", "-i", number, "--mkfs", "--osd-uuid", own)
        self._do("ceph", "osd", "crush", "add", f"osd.{number}", "1.0", "root=default", "host=localhost")
        self._launch("store", "ceph-osd", "-f", "-i", number)
        if not until(lambda: "1 up" in self._do("ceph", "osd", "stat"), seconds=60):
            raise Trouble(f"Ceph's store did not start; {self.folder}/osd.0.log says why.")

    def _start_gateway(self) -> None:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        words = [f"--rgw-frontends=beast endpoint=127.0.0.1:{port}", f"--rgw-lc-debug-interval={DAY}"]
        self._launch("gateway", "radosgw", "-f", "-n", "client.admin", *words)
        if not until(self._answers, seconds=90):
            raise Trouble(f"Ceph's gateway did not start; {self.folder}/client.admin.log says why.")
        user = ["--uid=app", "--display-name=app", f"--access-key={KEY}", f"--secret-key={SECRET}"]
        self._do("radosgw-admin", "user", "create", *user)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.endpoint, timeout=5):
                return True
        except OSError:
            return False

    def _do(self, *command: str) -> str:
        done = subprocess.run(command, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise Trouble(
                f"{(done.stdout + done.stderr).strip()[-800:]}\n{command[0]} failed; the lines above say why."
            )
        return done.stdout

    def _launch(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("wb") as out:
            daemon = subprocess.Popen(
                command,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.daemons.append(daemon)
        (self.folder / f"{name}.pid").write_text(str(daemon.pid))

    def pause(self, name: str = "gateway") -> None:
        """It takes connections and does not answer, as a storage does that is too slow."""
        os.kill(self._pid(name), signal.SIGSTOP)

    def go_on(self, name: str = "gateway") -> None:
        os.kill(self._pid(name), signal.SIGCONT)

    def limit(self, bucket: str, *, objects: int) -> None:
        """So many objects, and then it is full; -1 for as many as one likes."""
        quota = ["--quota-scope=bucket", f"--bucket={bucket}"]
        self._do("radosgw-admin", "quota", "set", *quota, f"--max-objects={objects}")
        self._do("radosgw-admin", "quota", "enable", *quota)

    def _pid(self, name: str) -> int:
        """0 when it does not run: the number may be a stranger's by now."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.folder / f"{name}.pid").read_text())
            if str(self.folder).encode() in Path(f"/proc/{pid}/environ").read_bytes():
                return pid
        return 0

    def remove(self) -> None:
        """Nothing in it is worth a farewell."""
        for name in DAEMONS:
            if pid := self._pid(name):
                os.kill(pid, signal.SIGKILL)
        for daemon in self.daemons:
            daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def gateway() -> Iterator[Gateway]:
    """One that lasts as long as the block; those of killed runs go."""
    for place in (*Path("/dev/shm").glob(f"{PREFIX}*"), *Path("/tmp").glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError, Trouble), exclusive(place / "lock"):
            Gateway(place).remove()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=scratch()))
    with exclusive(folder / "lock"):
        one = Gateway(folder)
        try:
            one.start()
            yield one
        finally:
            one.remove()


def main() -> int:
    command = sys.argv[3:] if sys.argv[1:3] == ["run", "--"] else []
    if not command:
        say(str(__doc__))
        return 2
    with gateway() as one:
        return run(command, {"TEST_S3_ENDPOINT": one.endpoint, "TEST_S3_FOLDER": str(one.folder)})


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(1)
