"""`forewarn report`: write a run's page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forewarn.cli.options import AsJson, RunFolder
from forewarn.cli.result import OF_STATUS, Result, printing, said
from forewarn.report.layers import layers_of
from forewarn.report.page import NAME, featured_look, write
from forewarn.report.run import read_run
from forewarn.report.summary import summarise

_Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write here instead.")]
_Open = Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")]


@printing
def report(run: RunFolder, out: _Out = None, open_page: _Open = False, as_json: AsJson = False) -> Result:
    """Write the report of a run: one self-contained page, made from what lies in its folder.

    It is RUN/report.html unless told otherwise.

    For example:

    forewarn report runs/liar --open

    forewarn report runs/liar -o liar.html
    """
    opened = read_run(run)
    summary = summarise(opened.manifest, opened.entries)
    path = write(summary, out or run / NAME, layers_of(run, summary, featured_look(summary)))
    if open_page:
        typer.launch(path.resolve().as_uri())
    value = {"run": str(run), "report": str(path), "status": summary.status.value}
    return Result(value, (said(path),), OF_STATUS[summary.status])
