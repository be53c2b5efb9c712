"""PostgreSQL and Redis of our own, beside the machine's, found or installed, started and stopped.

    python deploy/services.py ensure chromium gettext
    python deploy/services.py run --throwaway -- COMMAND     for tests: TEST_DATABASE_URL, TEST_REDIS_URL; then gone
    python deploy/services.py run --dir .stack -- COMMAND    data is kept: DATABASE_URL, REDIS_URL
    python deploy/services.py start|stop|restart postgres|redis --dir .stack

Only the standard library. Both listen on 127.0.0.1 with a password (in the folder, mode 0600), on ports below the range
from which the system gives ports to others. They are daemons, so that one can be stopped and started under a running
site. PostgreSQL refuses to run as root: then it runs as `postgres`, in a folder which that user may enter.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # this is a script

from deploy.programs import PROGRAMS, Trouble, ensure, find, say  # noqa: E402

THROWAWAY = "socialsite-services-"
# Tests lose nothing when the power goes.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    # It would see nothing of what a test has not committed, and change the plans in the middle of that test.
    "autovacuum_analyze_threshold": "2147483647",
}


# The folder of one pair of services


class Services:
    """PostgreSQL and Redis in one folder. Every method may be called again: it finds what is there."""

    def __init__(self, folder: Path, *, throwaway: bool = False) -> None:
        self.folder = folder.resolve()
        self.throwaway = throwaway
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password = self._keep("password", secrets.token_hex(16))

    def _keep(self, name: str, value: str) -> str:
        """What the file says, else the value, written there for nobody else to read."""
        path = self.folder / name
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(value)
        return path.read_text().strip()

    def _port(self, name: str, *, fresh: bool = False) -> int:
        if fresh:
            (self.folder / name).unlink(missing_ok=True)
        return int(self._keep(name, str(free_port())))

    # PostgreSQL

    @property
    def database_url(self) -> str:
        return f"postgres://socialsite:{self.password}@127.0.0.1:{self._port('postgres.port')}/socialsite"

    @property
    def _cluster(self) -> Path:
        """Where PostgreSQL keeps its data: here, or where its user may go when it may not come here."""
        account = database_account()
        if account is None or may_enter(account, self.folder):
            return self.folder / "postgres"
        return Path("/var/tmp") / f"socialsite-{hashlib.sha256(bytes(self.folder)).hexdigest()[:12]}" / "postgres"

    def _postgres(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Runs one of PostgreSQL's programs as the user who may; what it says goes to the log of the folder."""
        binary = str(Path(find("postgres")).resolve().parent / program)
        command = [*as_user(database_account()), binary, *arguments]
        environ = {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {
            "PGPASSWORD": self.password,
            "LC_ALL": "C.UTF-8",
        }
        with (self.folder / "postgres.setup.log").open("ab") as log:
            done = subprocess.run(command, env=environ, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if check and done.returncode:
            said = (self.folder / "postgres.setup.log").read_text(errors="replace").strip()[-800:]
            raise Trouble(f"{said}\n{program} failed; the lines above say why.")
        return done

    def _make_cluster(self) -> None:
        """A new cluster is made beside and moved into place, so that an interrupted one is not taken for whole."""
        account, unfinished = database_account(), self._cluster.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", prefix=THROWAWAY) as secret:
            secret.write(self.password)
            secret.flush()
            if account:
                os.chown(unfinished, account.pw_uid, account.pw_gid)
                os.chown(secret.name, account.pw_uid, account.pw_gid)
            sync = ["--no-sync"] if self.throwaway else []
            words = [
                "-U",
                "socialsite",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-A",
                "scram-sha-256",
                f"--pwfile={secret.name}",
                *sync,
            ]
            self._postgres("initdb", "-D", str(unfinished), *words)
        unfinished.rename(self._cluster)

    def start_postgres(self) -> str:
        ensure("postgres")
        if not (self._cluster / "PG_VERSION").exists():
            self._make_cluster()
        data = str(self._cluster)
        self._settle_stale_pid()
        if self._postgres("pg_ctl", "-D", data, "status", check=False).returncode != 0:
            for attempt in range(5):
                port = self._port("postgres.port", fresh=attempt > 0 or not is_free(self._port("postgres.port")))
                settings = {
                    "port": port,
                    "listen_addresses": "127.0.0.1",
                    "unix_socket_directories": "",
                    "max_connections": 200,
                }
                settings |= {"shared_buffers": "128MB", "timezone": "UTC"} | (CARELESS if self.throwaway else {})
                options = " ".join(f"-c {key}={value!r}" for key, value in settings.items())
                log = str(self._cluster / "server.log")
                started = self._postgres(
                    "pg_ctl", "-D", data, "-w", "-t", "60", "-l", log, "-o", options, "start", check=attempt == 4
                )
                if started.returncode == 0:
                    break
        self._postgres(
            "psql",
            "-h",
            "127.0.0.1",
            "-p",
            str(self._port("postgres.port")),
            "-U",
            "socialsite",
            "-d",
            "postgres",
            "-qc",
            "SELECT 1",
            check=True,
        )
        self._postgres(
            "createdb",
            "-h",
            "127.0.0.1",
            "-p",
            str(self._port("postgres.port")),
            "-U",
            "socialsite",
            "socialsite",
            check=False,
        )
        return self.database_url

    def _settle_stale_pid(self) -> None:
        """After kill -9 the pid file may name a zombie or a stranger, and PostgreSQL would refuse to start."""
        pid_file = self._cluster / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().split()[0])
            if b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                pid_file.unlink()

    def stop_postgres(self) -> None:
        if (self._cluster / "postmaster.pid").exists():
            mode = "immediate" if self.throwaway else "fast"
            self._postgres("pg_ctl", "-D", str(self._cluster), "-w", "-t", "30", "-m", mode, "stop", check=False)

    # Redis

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self._port('redis.port')}/0"

    def _redis_pid(self) -> int:
        """The process id of our Redis, 0 when it does not run (a stale file may name a stranger)."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.folder / "redis.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline")
            if not command.parent.parent.joinpath("self").exists() or b"redis" in command.read_bytes():
                os.kill(pid, 0)
                return pid
        return 0

    def start_redis(self) -> str:
        ensure("redis")
        if self._redis_pid():
            return self.redis_url
        for attempt in range(5):
            port = self._port("redis.port", fresh=attempt > 0 or not is_free(self._port("redis.port")))
            durable = "no" if self.throwaway else "yes"
            lines = [
                f"port {port}",
                "bind 127.0.0.1",
                f"requirepass {self.password}",
                f'dir "{self.folder}"',
                "daemonize yes",
            ]
            lines += [
                f'pidfile "{self.folder}/redis.pid"',
                f'logfile "{self.folder}/redis.log"',
                'save ""',
                f"appendonly {durable}",
            ]
            config = self.folder / "redis.conf"
            config.touch(mode=0o600)
            config.write_text("\n".join(lines) + "\n")
            (self.folder / "redis.pid").unlink(missing_ok=True)
            subprocess.run(
                [find("redis"), str(config)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if until(lambda port=port: self._redis_pid() and not is_free(port), seconds=15):
                return self.redis_url
        raise Trouble(f"Redis did not start; {self.folder}/redis.log says why.")

    def stop_redis(self) -> None:
        if pid := self._redis_pid():
            os.kill(pid, signal.SIGTERM)
            if not until(lambda: not self._redis_pid(), seconds=10):
                os.kill(pid, signal.SIGKILL)
        (self.folder / "redis.pid").unlink(missing_ok=True)

    def start(self) -> dict[str, str]:
        ensure("postgres", "redis")
        return {"DATABASE_URL": self.start_postgres(), "REDIS_URL": self.start_redis()}

    def stop(self) -> None:
        self.stop_redis()
        self.stop_postgres()

    def remove(self) -> None:
        self.stop()
        cluster = self._cluster
        shutil.rmtree(cluster.parent if cluster.parent != self.folder else cluster, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


# Small questions to the system


def free_port() -> int:
    """A port nobody uses, below 32768: above, the system itself gives ports to whoever connects somewhere."""
    for _ in range(200):
        port = random.randint(20000, 32000)
        if is_free(port):
            return port
    raise Trouble("No free port between 20000 and 32000.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def until(condition, *, seconds: float) -> bool:
    """Waits for the condition, no longer than that."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def database_account() -> pwd.struct_passwd | None:
    """As whom PostgreSQL runs when we are root; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Trouble("PostgreSQL does not run as root, and there is neither a user postgres nor nobody on this machine.")


def as_user(account: pwd.struct_passwd | None) -> list[str]:
    if account is None:
        return []
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def may_enter(account: pwd.struct_passwd, folder: Path) -> bool:
    done = subprocess.run([*as_user(account), "test", "-x", str(folder)], cwd="/", stderr=subprocess.DEVNULL)
    return done.returncode == 0


# Running a command with services around it


@contextlib.contextmanager
def services(folder: Path | None = None) -> Iterator[dict[str, str]]:
    """The two URLs while the block runs. Without a folder: in a new one, gone afterwards, with those of killed runs."""
    if folder:
        pair = Services(folder)
        with exclusive(folder / "lock"):
            try:
                yield pair.start()
            finally:
                pair.stop()
        return
    sweep()
    place = Path(tempfile.mkdtemp(prefix=THROWAWAY, dir=scratch()))
    place.chmod(0o711)
    with exclusive(place / "lock"):
        pair = Services(place, throwaway=True)
        try:
            yield pair.start()
        finally:
            pair.remove()


def scratch() -> str:
    """Where what may vanish is kept: in memory when there is room."""
    with contextlib.suppress(OSError):
        room = os.statvfs("/dev/shm")
        if room.f_bavail * room.f_frsize > 2 << 30 and os.access("/dev/shm", os.W_OK):
            return "/dev/shm"
    return "/tmp"


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Held while its owner lives, also through kill -9."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble(f"{path.parent} is in use by another run; stop that one first.") from None
        yield


def sweep() -> None:
    """Stops and removes what killed runs of this user left behind."""
    for place in (*Path("/dev/shm").glob(f"{THROWAWAY}*"), *Path("/tmp").glob(f"{THROWAWAY}*")):
        with contextlib.suppress(OSError, Trouble):
            if place.stat().st_uid == os.geteuid() and (place / "lock").exists():
                with exclusive(place / "lock"):
                    Services(place, throwaway=True).remove()


def run(command: Sequence[str], environ: dict[str, str]) -> int:
    """Runs the command and passes on what we are told to stop; the terminal's Ctrl-C reaches it by itself."""
    child: subprocess.Popen[bytes] | None = None

    def forward(number: int, _frame: object) -> None:
        if child is None:
            raise SystemExit(128 + number)
        if number != signal.SIGINT or not sys.stdin.isatty():
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    try:
        child = subprocess.Popen(command, env={**os.environ, **environ})
    except OSError as error:
        raise Trouble(f"{command[0]} cannot be started: {error.strerror}.") from None
    code = child.wait()
    return code if code >= 0 else 128 - code


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("ensure").add_argument("names", nargs="+", choices=PROGRAMS)
    runner = verbs.add_parser("run")
    runner.add_argument("--throwaway", action="store_true")
    runner.add_argument("--dir", type=Path, default=Path(".stack"))
    runner.add_argument("command", nargs=argparse.REMAINDER)
    for verb in ("start", "stop", "restart"):
        single = verbs.add_parser(verb)
        single.add_argument("name", choices=["postgres", "redis"])
        single.add_argument("--dir", type=Path, default=Path(".stack"))
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    if options.verb == "ensure":
        ensure(*options.names)
    elif options.verb == "run":
        command = options.command[1:] if options.command[:1] == ["--"] else options.command
        if not command:
            parser.error("which COMMAND?")
        with services(None if options.throwaway else options.dir) as urls:
            prefix = "TEST_" if options.throwaway else ""
            return run(command, {prefix + key: value for key, value in urls.items()})
    else:
        pair = Services(options.dir)
        if options.verb in ("stop", "restart"):
            getattr(pair, f"stop_{options.name}")()
        if options.verb in ("start", "restart"):
            print(getattr(pair, f"start_{options.name}")())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
