"""Whether every word of the site is said in every language: none untranslated, fuzzy, broken or not compiled.

`--update` collects the words and compiles (`make messages`). Needs gettext's programs.
"""

import gettext
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
LANGUAGES = ("vi", "th")
NOT_THE_SITE = ("node_modules", ".*", "e2e", "bench", "deploy", "docs", "tests", "__pycache__")


def call(house: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=house, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})


def catalogs(house: Path) -> list[Path]:
    return sorted([*house.glob("locale/*/LC_MESSAGES/*.po"), *house.glob("[a-z]*/locale/*/LC_MESSAGES/*.po")])


def collect(house: Path) -> None:
    """Brings the catalogs in step with the words in the code."""
    words = [word for language in LANGUAGES for word in ("-l", language)]
    words += [word for name in NOT_THE_SITE for word in ("-i", name)]
    (house / "locale").mkdir(exist_ok=True)
    for domain in ("django", "djangojs"):
        if domain == "djangojs" and not any((house / "static" / "js").rglob("*.js")):
            continue
        done = call(
            house, sys.executable, "manage.py", "makemessages", "-d", domain, "--no-location", "--no-obsolete", *words
        )
        if done.returncode:
            sys.exit(f"{done.stderr.strip()[-800:]}\nmakemessages failed; the lines above say why.")


def compiled(path: Path) -> tuple[dict, str]:
    """The catalog as a program reads it, and what msgfmt has to say about it."""
    with tempfile.NamedTemporaryFile(suffix=".mo") as target:
        done = call(path.parent, "msgfmt", "--check", "--statistics", "-o", target.name, str(path))
        return entries(Path(target.name)), done.stderr.strip()


def entries(binary: Path) -> dict:
    content = binary.read_bytes() if binary.exists() else b""
    catalog = gettext.GNUTranslations(io.BytesIO(content))._catalog if content else {}
    return {key: value for key, value in catalog.items() if key}


def faults() -> list[str]:
    found = []
    for language in LANGUAGES:
        if not (HOUSE / "locale" / language / "LC_MESSAGES" / "django.po").exists():
            found.append(f"locale/{language}: there is no catalog")
    for path in catalogs(HOUSE):
        told, said = compiled(path)
        if re.search(r"\d+ (untranslated|fuzzy)|error", said):
            found.append(f"{path.relative_to(HOUSE)}: {said.splitlines()[-1]}")
        elif told != entries(path.with_suffix(".mo")):
            found.append(f"{path.relative_to(HOUSE)}: the .mo beside it is missing or old")
    return found or uncollected()


def uncollected() -> list[str]:
    """Words in the code that are in no catalog yet: collected in a copy of the site."""
    with tempfile.TemporaryDirectory(prefix="socialsite-messages-") as folder:
        copy = Path(folder) / "site"
        shutil.copytree(HOUSE, copy, ignore=shutil.ignore_patterns(*NOT_THE_SITE))
        before = {path: set(entries(path.with_suffix(".mo"))) for path in catalogs(copy)}
        collect(copy)
        found = []
        for path in catalogs(copy):
            said = compiled(path)[1]
            if re.search(r"\d+ (untranslated|fuzzy)", said):
                found.append(
                    f"{path.relative_to(copy)}: {said.splitlines()[-1]}, once what stands in the code is collected"
                )
            elif len(compiled(path)[0]) < len(before.get(path, ())):
                found.append(f"{path.relative_to(copy)}: holds words that the code no longer says")
        return found


def main() -> int:
    if "--update" in sys.argv:
        collect(HOUSE)
        for path in catalogs(HOUSE):
            done = call(
                HOUSE, "msgfmt", "--check-format", "--statistics", "-o", str(path.with_suffix(".mo")), str(path)
            )
            print(f"{path.relative_to(HOUSE)}: {done.stderr.strip()}")
        return 0
    found = faults()
    print(
        "\n".join([*found, "make messages brings them in step; then translate."])
        if found
        else f"{len(catalogs(HOUSE))} catalogs are whole"
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
