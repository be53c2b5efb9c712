"""A real site for browser tests: `manage.py up` in a process of its own, on SQLite, with a data folder of its own."""

import contextlib
import email
import email.policy
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e.behind import Behind

BASE = Path(__file__).resolve().parent.parent
PASSWORD = "a quiet river of words"
# Two by two, so that the tests do not stand in each other's way.
MEMBERS = {
    "olive": "Olive Marsh",
    "kofi": "Kofi Mensah",
    "nora": "Nora Lind",
    "tam": "Tâm Nguyễn",
    "ida": "Ida Berg",
    "ben": "Ben Okri",
    "pia": "Pia Rossi",
    "leo": "Leo Grün",
    "malin": "Malin Holm",
    "zoe": "Zoë Klein",
    "finn": "Finn Mäkelä",
    "mira": "Mira Stone",
    "iris": "Iris Vale",
}
START_SECONDS = 180

# Members whose address is proven, as if they had joined on the page; the joining itself has its own test.
SETTLE = """
import json, sys
from django.contrib.auth.hashers import make_password
from accounts.actions import joining, welcome
hashed = make_password(%r)
for handle, name in json.loads(sys.stdin.read()).items():
    member = joining.join(email=f"{handle}@example.org", handle=handle, display_name=name, password_hash=hashed)
    welcome.finish_welcome(actor=member)
"""


def free_port() -> int:
    """A port below the range the system hands out; by chance, for other runs look for theirs at the same moment."""
    for port in random.SystemRandom().sample(range(22000, 32000), 500):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


def clean_environment(**more: str) -> dict[str, str]:
    """This machine's environment without what conftest.py sets for tests inside this process."""
    ours = {"DJANGO_SETTINGS_MODULE", "SOCIALSITE_TESTING", "DATABASE_URL", "DATA_DIR", "SECRET_KEY"}
    return {name: value for name, value in os.environ.items() if name not in ours} | more


@dataclass
class Village:
    """The running site. `states` keeps the cookies of those who have logged in already."""

    data: Path
    port: int = field(default_factory=free_port)
    states: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    behind: Behind | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        ours = {"DATA_DIR": str(self.data), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        # All visitors of a run share one address.
        return clean_environment(RATE_LIMIT_EXEMPT="127.0.0.1", **ours)

    # -- The process --

    def start(self) -> None:
        with (self.data / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=BASE,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < end, f"the site did not come up:\n{self.output()}"
            time.sleep(0.1)

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        if self.behind is not None:
            self.behind.stop()
            self.behind = None

    def answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer,
        ):
            return answer.status == 200
        return False

    def output(self) -> str:
        return (self.data / "output").read_text(errors="replace")

    # -- Behind the scenes --

    def run(self, source: str, given: Any = None) -> Any:
        """Runs Python inside the site's code, on its data: the value of its last printed line, which is JSON."""
        if self.behind is None:
            self.behind = Behind(self.environment, str(BASE))
        return self.behind.run(source, given)

    def settle(self) -> None:
        self.run(SETTLE % PASSWORD, MEMBERS)

    def mails(self, address: str) -> list[str]:
        """The texts of the mails to an address, oldest first."""
        found = []
        for path in sorted((self.data / "mail").glob("*"), key=lambda path: path.stat().st_mtime_ns):
            for part in re.split(rb"\n-{79}\n", path.read_bytes()):
                message = email.message_from_bytes(part.lstrip(), policy=email.policy.default)
                body = message.get_body(("plain",)) if message["to"] else None
                if body is not None and address in str(message["to"]):
                    found.append(str(body.get_content()))
        return found

    def mail_code(self, address: str, *, mails: int = 1) -> str:
        """The code of the newest mail to an address, once there are so many."""
        end = time.monotonic() + 20
        while len(found := self.mails(address)) < mails:
            assert time.monotonic() < end, f"no mail to {address}"
            time.sleep(0.05)
        code = re.search(r"\b\d{6}\b", found[-1])
        assert code, found[-1]
        return code.group()
