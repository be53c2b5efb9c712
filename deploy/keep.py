"""`python deploy/keep.py NAME LINE`: runs a line of the Procfile and starts it again when it dies, until told to stop.

For `make stack`: there a killed worker must come back as it would under systemd or an orchestrator, while honcho alone
would stop everything. What cannot start at all (within three seconds, the first time) is not tried again.
"""

import os
import signal
import subprocess
import sys
import time

FIRST_START = 3.0
LONGEST_WAIT = 10.0


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main(name: str, line: str) -> int:
    stopping = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    owner = int(os.environ["STACK_PID"])
    pause, lived_once = 1.0, False
    while True:
        start = time.monotonic()
        # A session of its own: honcho's signal goes to whole groups, and a worker's children must not get it.
        child = subprocess.Popen(["sh", "-c", f"exec env {line}"], start_new_session=True)
        while child.poll() is None and not stopping and alive(owner):
            time.sleep(0.2)
        if child.poll() is None:
            child.terminate()
            child.wait()
            return 0  # asked to stop, and it did
        lived_once = lived_once or time.monotonic() - start > FIRST_START
        if not lived_once or stopping:
            return child.returncode if child.returncode >= 0 else 128 - child.returncode
        pause = 1.0 if time.monotonic() - start > 30 else min(pause * 2, LONGEST_WAIT)
        print(f"{name} ended ({child.returncode}) and starts again in {pause:.0f} s", flush=True)
        end = time.monotonic() + pause
        while time.monotonic() < end and not stopping and alive(owner):
            time.sleep(0.2)
        if stopping or not alive(owner):
            return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
