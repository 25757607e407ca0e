"""Arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.", show_default=False)]

EPILOG = (
    "Exit codes: 0 clear, 1 flagged, 2 usage, 3 integrity failure, 4 unknown (the monitor could not tell), "
    "70 a fault of forewarn itself. Where several apply: 3 before 1 before 4."
)
