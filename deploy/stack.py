"""`make stack`: the site as on a server: PostgreSQL, Redis and the processes of the Procfile, data in .stack/.

PORT is the pages' (8000), the port after it the socket's. Any setting of the site can be given in the environment. The
services are restarted under the running site with `python deploy/services.py restart postgres` (or stop, start; redis).
"""

import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

from honcho import manager

HOUSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOUSE))  # this is a script

from deploy.programs import Trouble, say  # noqa: E402
from deploy.services import is_free, services  # noqa: E402

SECONDS_TO_STOP = 15


def secret_key(folder: Path) -> str:
    """Made once. On a server it comes from the environment."""
    path = folder / "secret_key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def settings(folder: Path, urls: dict[str, str]) -> dict[str, str]:
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    for taken in (port, port + 1):
        if not is_free(taken):
            raise Trouble(f"Port {taken} is taken; choose another with PORT (the stack uses it and the one after it).")
    ours = urls | {
        "DATA_DIR": str(folder / "data"),
        "HOST": host,
        "PORT": str(port),
        "REALTIME_PORT": str(port + 1),
        "REALTIME_URL": f"ws://localhost:{port + 1}/ws/",
        "SITE_URL": f"http://localhost:{port}",
        "SECRET_KEY": secret_key(folder),
        "STACK_PID": str(os.getpid()),
        "PYTHONUNBUFFERED": "1",
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return ours | {key: value for key, value in os.environ.items() if key not in {*urls, "STACK_PID"}} | {"PATH": path}


def manage(command: str, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command.split()], cwd=HOUSE, env=environ, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise Trouble(f"manage.py {command} failed; the lines above say why.")


def main() -> int:
    folder = Path(os.environ.get("STACK_DIR", HOUSE / ".stack"))
    folder.mkdir(mode=0o711, exist_ok=True)
    say("Starting PostgreSQL and Redis …")
    with services(folder) as urls:
        environ = settings(folder, urls)
        manage("migrate --verbosity 0", environ)
        manage("collectstatic --noinput --verbosity 0", environ)
        manager.KILL_WAIT = SECONDS_TO_STOP
        stack = manager.Manager()
        for line in (HOUSE / "Procfile").read_text().splitlines():
            name, _, command = line.partition(": ")
            words = [sys.executable, "deploy/keep.py", name, command]
            stack.add_process(name, f"exec {shlex.join(words)}", env=environ, cwd=str(HOUSE))
        say(f"The site: {environ['SITE_URL']} (Ctrl-C stops it, and its PostgreSQL and Redis)")
        stack.loop()
    # 130 and 143: somebody asked it to stop, and it did.
    return 0 if stack.returncode in {130, 143} else stack.returncode or 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(0)
