"""What the feed costs when there are many posts. See README.md beside this."""

import argparse
import datetime
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOUSE))

from deploy.services import Services  # noqa: E402

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.feed", description=__doc__)
    parser.add_argument("--sizes", type=lambda text: [int(float(one)) for one in text.split(",")], default=SIZES)
    parser.add_argument("--dir", type=Path, help="keeps the filled database here, and takes the one that is there")
    parser.add_argument("--api", action="store_true", help="also the API under a fixed load")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-feed-") as folder:
        kept = options.dir or Path(folder)
        pair = Services(kept / "services")
        try:
            environ = {
                "DATABASE_URL": pair.start_postgres(),
                "DATA_DIR": str(kept / "data"),
                "SECRET_KEY": secrets.token_hex(32),
                "DJANGO_SETTINGS_MODULE": "socialsite.settings",
            }
            os.environ |= environ | {"SOCIALSITE_TESTING": "1"}
            subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=HOUSE, check=True)
            from bench.feed import run

            report = run.all_sizes(options.sizes, pair, environ, api=options.api)
        finally:
            pair.stop_postgres()
            if not options.dir:
                pair.remove()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HOUSE, capture_output=True, text=True).stdout
    head = f"# bench/feed, {datetime.datetime.now(tz=datetime.UTC).date()}, commit {commit.strip()}\n\n"
    options.out.write_text(head + report)
    print(f"\nwritten to {options.out}")


main()
