"""`forewarn report`: write a run's page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forewarn.cli.answers import leading_value
from forewarn.cli.options import AsJson, RunFolder
from forewarn.cli.result import OF_STATUS, Code, Result, printing, said
from forewarn.report.featured import leading_claim
from forewarn.report.page import NAME, content_of, write

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
    content = content_of(run)
    path = write(content, out or run / NAME)
    if open_page:
        typer.launch(path.resolve().as_uri())
    leading, status = leading_claim(content.summary), content.summary.status
    value: dict[str, object] = {
        "run": str(run),
        "report": str(path),
        "status": status.value,
        "leading": leading_value(leading),
    }
    value["changed"] = list(content.summary.changed)
    told = [said(f"{each}.", "bold red") for each in content.summary.changed]
    code = Code.BROKEN if content.summary.changed else OF_STATUS[status]
    return Result(value, (said(path), *told), code)
