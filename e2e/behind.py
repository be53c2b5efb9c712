"""Behind the scenes of a site: Python inside its code, on its data, without starting Django anew for each piece.

`Behind` starts this file as a program once; for every piece of code that forks.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from typing import Any


class Behind:
    def __init__(self, environment: dict[str, str], folder: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "e2e.behind"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, source: str, given: Any) -> Any:
        """The value of the last line that the piece of code prints, which is JSON; it finds `given` in its input."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([source, json.dumps(given)]) + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        assert said, "what runs behind the scenes has ended"
        code, printed = json.loads(said)
        assert code == 0, printed
        return json.loads(printed.splitlines()[-1]) if printed.strip() else None

    def stop(self) -> None:
        with self.process:  # closes its pipes and waits for it
            pass


def serve() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")
    django.setup()
    for line in sys.stdin:
        source, given = json.loads(line)
        with tempfile.TemporaryFile("w+") as output:
            child = os.fork()
            if not child:
                os._exit(perform(source, given, output))
            _pid, status = os.waitpid(child, 0)
            output.seek(0)
            answer = [os.waitstatus_to_exitcode(status), output.read()]
        print(json.dumps(answer), flush=True)


def perform(source: str, given: str, output: Any) -> int:
    code = 1
    sys.stdin = io.StringIO(given)
    with contextlib.redirect_stdout(output):
        try:
            exec(source, {"__name__": "__main__"})  # noqa: S102  the tests' own words
            code = 0
            for thread in threading.enumerate():  # as at the end of a program
                if thread is not threading.main_thread() and not thread.daemon:
                    thread.join()
        except BaseException:
            traceback.print_exc(file=output)
    output.flush()
    return code


if __name__ == "__main__":
    serve()
