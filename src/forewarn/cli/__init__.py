"""The command line: words typed by a person, answered in words or, with --json, in one JSON object."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. A fault of forewarn itself exits with 70, so that it is never taken for a verdict."""
    from forewarn.cli.app import app
    from forewarn.cli.result import Code, say_fault

    try:
        app()
    except Exception as error:
        say_fault(error)
        sys.exit(Code.FAULT)
