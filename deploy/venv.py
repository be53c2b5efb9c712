"""Keeps .venv in step with the pinned requirements: `python3 deploy/venv.py requirements.txt [requirements-dev.txt]`.

Runs on whatever Python is there (so no new syntax), looks for 3.11 or newer, and says in one sentence what is
missing. The stamp .venv/installed names what was installed by its content: with the stamp in step nothing is started
and no network is needed. While pip runs, .venv/unfinished stands; a .venv found with it is made anew, so an
interrupted install is never taken for a whole one.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)
VENV = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".venv")
STAMP = os.path.join(VENV, "installed")
UNFINISHED = os.path.join(VENV, "unfinished")
PYTHON = os.path.join(VENV, "bin", "python")
PROBE = "import sys; print('%d.%d' % sys.version_info[:2]); import ensurepip, venv"


class Trouble(Exception):
    """What a person has to do, in one sentence."""


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fingerprint(path):
    with open(path, "rb") as file:
        return "%s %s" % (hashlib.sha256(file.read()).hexdigest(), os.path.basename(path))


def stamped():
    try:
        with open(STAMP) as file:
            return file.read().splitlines()
    except OSError:
        return []


def find_python():
    """The first Python on this machine that is new enough and can make environments."""
    newest, bare = "", ""
    for name in (sys.executable, "python3.13", "python3.12", "python3.11", "python3.14", "python3"):
        path = shutil.which(name)
        if not path:
            continue
        probe = subprocess.run(
            [path, "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True
        )
        version = probe.stdout.strip()
        if not version or tuple(int(part) for part in version.split(".")) < OLDEST:
            newest = newest or version
        elif probe.returncode:
            bare = bare or version
        else:
            return path
    if bare:
        raise Trouble(
            "Python %s is here but its venv module is not; on Debian or Ubuntu: apt install python%s-venv"
            % (bare, bare)
        )
    raise Trouble(
        "socialsite needs Python 3.11 or newer, and found only %s; install python3.11 and try again."
        % (newest or "none")
    )


def pip(*arguments):
    """pip, quietly; its words are shown only when it fails."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input"] + list(arguments)
    environ = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET")
    }
    done = subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if done.returncode:
        raise Trouble(
            done.stdout.strip()
            + "\nThe packages could not be installed; the lines above are pip's, and a network is needed this once."
        )


def pins(path):
    """(name, version) of every line that holds for this machine or may hold: a marker is judged by pip, not here."""
    with open(path) as file:
        for line in file:
            found = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)(\s*;)?", line)
            if found and not found.group(3):
                yield found.group(1), found.group(2)


def holds(files):
    """Whether an environment made by hand already has exactly these pins."""
    wanted = [pin for path in files for pin in pins(path)]
    script = (
        "import sys; from importlib.metadata import version as v, PackageNotFoundError as E\n"
        "try: sys.exit(any(v(n) != w for n, w in %r))\n"
        "except E: sys.exit(1)" % (wanted,)
    )
    return subprocess.run([PYTHON, "-c", script], stderr=subprocess.DEVNULL).returncode == 0


def works():
    """Whether .venv has a Python that starts and is new enough; not so after the system's Python was replaced."""
    try:
        check = [
            PYTHON,
            "-c",
            "import sys; sys.exit(sys.version_info < %r or sys.prefix == sys.base_prefix)" % (OLDEST,),
        ]
        return subprocess.run(check, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def make():
    python = find_python()
    if os.path.lexists(VENV):
        say("Making .venv anew: the old one is unfinished or its Python is gone.")
        shutil.rmtree(VENV)
    else:
        say("Making .venv …")
    os.mkdir(VENV)
    open(UNFINISHED, "w").close()
    done = subprocess.run(
        [python, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    if done.returncode:
        raise Trouble(done.stdout.strip() + "\nThe environment .venv could not be made; the lines above say why.")


def main(files):
    prints = [fingerprint(path) for path in files]
    if os.path.exists(PYTHON) and not os.path.exists(UNFINISHED) and set(prints) <= set(stamped()):
        return
    if not os.access(os.path.dirname(VENV), os.W_OK):
        raise Trouble("This folder is read-only, and .venv has to be made in it: copy it to a place you may write.")
    if os.path.exists(UNFINISHED) or not works():
        make()
    if os.path.exists(UNFINISHED) or not holds(files):
        open(UNFINISHED, "w").close()
        say("Installing what %s name (a minute, once) …" % " and ".join(os.path.basename(path) for path in files))
        if not os.path.exists(os.path.join(VENV, "bin", "pip")):
            subprocess.run([PYTHON, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
        # Not compiled ahead: most of it is never imported, and a quarter of the time goes there.
        pip("install", "--quiet", "--no-compile", *[word for path in files for word in ("-r", path)])
    names = [os.path.basename(path) for path in files]
    kept = [line for line in stamped() if line.split()[-1] not in names]
    with open(STAMP + ".new", "w") as file:
        file.write("\n".join(sorted(kept + prints)) + "\n")
    os.replace(STAMP + ".new", STAMP)
    if os.path.exists(UNFINISHED):
        os.remove(UNFINISHED)
        say("Ready.")


if __name__ == "__main__":
    os.chdir(os.path.dirname(VENV))
    try:
        main(sys.argv[1:])
    except Trouble as trouble:
        say(str(trouble))
        sys.exit(1)
    except OSError as error:
        say("The environment .venv could not be made: %s." % error)
        sys.exit(1)
    except KeyboardInterrupt:
        say("Stopped; the next start makes .venv anew.")
        sys.exit(130)
