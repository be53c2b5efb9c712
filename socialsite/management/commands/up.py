"""`manage.py up`: the whole site in one process."""

import fcntl
import hashlib
import os
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from accounts.actions import joining
from accounts.queries import joining as joining_queries
from socialsite import server

LOCAL = {"127.0.0.1", "::1", "localhost"}


class Command(BaseCommand):
    help = "Serves the whole site from this process: pages, API, socket, worker and clock."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-worker", action="store_true", help="serve only; workers run elsewhere")

    def handle(self, *args: Any, no_worker: bool = False, **options: Any) -> None:
        began = time.monotonic()
        try:
            lock = only_one(settings.DATA_DIR)
            listener = server.listen()
            self.migrate()
            self.collect_static()
            link = joining.make_owner_link() if joining_queries.owner_missing() else ""
        except (server.CannotListen, AlreadyRunning) as error:
            sys.exit(str(error))
        except OperationalError as error:
            sys.exit(f"The database cannot be used: {str(error).splitlines()[0]}. Check DATABASE_URL and DATA_DIR.")
        except OSError as error:  # a full disk, mostly
            reason = error.strerror or error
            sys.exit(f"Writing to {settings.DATA_DIR} failed ({reason}). Make room or choose another DATA_DIR.")

        from socialsite.embedded import Workers

        workers = None if no_worker else Workers()
        if workers is not None:
            workers.start()
        try:
            server.serve(listener, started=lambda: self.greet(link, time.monotonic() - began))
        finally:
            ended = workers is None or workers.stop()
            lock.close()
        self.stdout.write("Stopped." if ended else "Stopped; what was still being done is taken up at the next start.")
        if not ended:
            self.stdout.flush()
            os._exit(0)  # Python itself would wait for the thread

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            self.stdout.write(f"Preparing the database ({len(plan)} steps) ...")
            self.stdout.flush()
            call_command("migrate", verbosity=0, interactive=False)

    def collect_static(self) -> None:
        """Copies static files under hashed names, only when one of them changed."""
        if settings.DEBUG or settings.TESTING:
            return
        stamp, fresh = settings.STATIC_ROOT / ".stamp", fingerprint(settings.BASE_DIR)
        if stamp.exists() and stamp.read_text() == fresh:
            return
        self.stdout.write("Preparing static files ...")
        self.stdout.flush()
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(fresh)

    def greet(self, link: str, seconds: float) -> None:
        if link:
            self.stdout.write(f"\nThis site has no owner yet. Make the owner's account here (works once):\n  {link}")
        self.stdout.write(
            f"\n{settings.SITE_NAME} is at {settings.SITE_URL} (ready in {seconds:.1f} s; Ctrl-C stops it)."
        )
        if settings.HOST not in LOCAL and urlsplit(settings.SITE_URL).hostname in LOCAL:
            self.stdout.write(
                "It listens to other machines as well, but they are answered only under the address in SITE_URL: "
                f"set that to what they type, such as http://192.168.1.20:{settings.PORT}."
            )
        self.stdout.flush()


class AlreadyRunning(Exception):
    """Another process holds the data folder; str() is one sentence for the operator."""


def only_one(data_dir: Path) -> TextIO:
    """Locks the data folder for as long as the returned file stays open; the kernel frees it however we die."""
    file = open(data_dir / "lock", "a+")  # noqa: SIM115  stays open on purpose
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        with file:
            file.seek(0)
            other = file.read().strip()
        process = f" (process {other})" if other else ""
        raise AlreadyRunning(
            f"The site is already running on {data_dir}{process}. Stop it, or choose another DATA_DIR."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def fingerprint(base: Path) -> str:
    """Changes when a static file or an installed package may have changed."""
    digest = hashlib.sha256((base / "requirements.txt").read_bytes())
    for path in sorted((base / "static").rglob("*")):
        if path.is_file():
            status = path.stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
