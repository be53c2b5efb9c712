#!/usr/bin/env python
"""The operator's door: every command of the site."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialsite.settings")
    from django.core.management import execute_from_command_line

    from socialsite.env import BrokenSetting

    try:
        execute_from_command_line(sys.argv)
    except BrokenSetting as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
