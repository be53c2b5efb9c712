"""`make check`: everything that is seen without running the tests. `python deploy/check.py types pins` runs only these.

Every check runs, also after one failed; the exit code is 1 when any did.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ENVIRON = {
    **os.environ,
    "SECRET_KEY": "only-for-checks-" * 4,
    "SOCIALSITE_TESTING": "1",
    "DATABASE_URL": "",
    "REDIS_URL": "",
}


def call(*command: str) -> str:
    """What it said when it failed, else nothing."""
    program = sys.executable if command[0] == "python" else str(BIN / command[0])
    done = subprocess.run(
        [program, *command[1:]], cwd=HOUSE, env=ENVIRON, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


def check_format() -> str:
    return call("ruff", "format", "--check", "--quiet", ".") and call("ruff", "format", "--check", ".")


def check_lint() -> str:
    return call("ruff", "check", "--quiet", ".")


def check_imports() -> str:
    return call("lint-imports", "--no-logo")


def check_types() -> str:
    return call("mypy", *tomllib.loads((HOUSE / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"])


def check_templates() -> str:
    return call("djlint", "--lint", "--quiet", "templates")


def check_settings() -> str:
    return call("python", "manage.py", "check", "--fail-level", "WARNING")


def check_migrations() -> str:
    return call("python", "manage.py", "makemigrations", "--check", "--dry-run")


def check_translations() -> str:
    return call("python", "deploy/check_translations.py")


def check_documents() -> str:
    """The documents of the API and of the socket that stand in docs/ are those the code makes."""
    return _compare("openapi.yaml", "spectacular", "--validate", "--fail-on-warn") or _compare(
        "asyncapi.yaml", "asyncapi"
    )


def _compare(name: str, command: str, *options: str) -> str:
    kept = HOUSE / "docs" / name
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / name
        if said := call("python", "manage.py", command, "--file", str(made), *options):
            return said
        old, new = (path.read_text().splitlines() if path.exists() else [] for path in (kept, made))
    difference = list(difflib.unified_diff(old, new, f"docs/{name}", "the code's", lineterm="", n=1))
    return "\n".join([*difference[:40], "make documents writes it anew."]) if difference else ""


def check_pins() -> str:
    """Every name of an .in file is pinned in its .txt, within its range: a forgotten `make lock` shows, offline."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    faults = []
    for source in sorted(HOUSE.glob("requirements*.in")):
        target = source.with_suffix(".txt")
        pins = {
            canonicalize_name(name): version
            for name, version in re.findall(r"^([\w.-]+)(?:\[.*\])?==([^\s;]+)", target.read_text(), re.M)
        }
        for line in source.read_text().splitlines():
            text = line.partition("#")[0].strip()
            if not text or text.startswith("-"):
                continue
            wanted = Requirement(text)
            version = pins.get(canonicalize_name(wanted.name))
            if version is None or not wanted.specifier.contains(version, prereleases=True):
                faults.append(f"{source.name}: {text}, but {target.name} has {version or 'none'}; make lock")
    return "\n".join(faults)


CHECKS = {name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")}


def main(names: list[str]) -> int:
    if unknown := set(names) - CHECKS.keys():
        sys.exit(f"No check is called {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}.")
    failed = []
    with tempfile.TemporaryDirectory(prefix="socialsite-check-") as data:
        ENVIRON["DATA_DIR"] = data
        for name in names or CHECKS:
            start = time.monotonic()
            said = CHECKS[name]()
            print(f"{'FAILED' if said else 'ok':6}  {name:12} {time.monotonic() - start:5.1f} s", flush=True)
            if said:
                failed.append(name)
                print("\n".join(f"        {line}" for line in said.splitlines()), flush=True)
    print(f"check: {', '.join(failed)} failed" if failed else "check: all well")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
