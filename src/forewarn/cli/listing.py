"""`forewarn list`: the runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from forewarn.cli.options import AsJson
from forewarn.cli.result import OF_STATUS, Code, Result, printing, said, worst
from forewarn.cli.tables import Records, state_text
from forewarn.cli.values import brief_value
from forewarn.errors import ForewarnError
from forewarn.report.run import find_runs, read_run

_COLUMNS = ("run", "status", "alarm", "last step", "looks")
_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to look; hidden folders are skipped.")]


@printing
def list_runs(folder: _Folder = Path(), as_json: AsJson = False) -> Result:
    """List the runs found below a folder, with where each stands.

    For example:

    forewarn list

    forewarn list experiments --json
    """
    told = [_brief(run) for run in find_runs(folder)]
    value = {"runs": [value for value, _ in told]}
    if not told:
        return Result(
            value,
            (
                said(
                    f"No runs below {folder}. A run is a folder with run.json and ledger.jsonl, which a callback "
                    "of forewarn writes; `forewarn demo` makes some."
                ),
            ),
        )
    rows = tuple(_row(value) for value, _ in told)
    errors = [said(f"{value['run']}: {value['error']}", "red") for value, _ in told if value["error"]]
    errors += [said(f"{value['run']}: {each}", "red") for value, _ in told for each in value["changed"]]
    return Result(value, (Records(_COLUMNS, rows), *errors), worst([code for _, code in told]))


def _brief(folder: Path) -> tuple[dict[str, Any], Code]:
    try:
        run = read_run(folder)
    except ForewarnError as error:
        broken = {"status": "broken", "error": str(error)}
        empty = dict.fromkeys(("name", "finished", "last_step", "looks", "alarm_step", "alarm_steps"))
        return {"run": str(folder), **empty, **broken, "changed": []}, Code.BROKEN
    summary = run.summary
    return brief_value(folder, summary), Code.BROKEN if summary.changed else OF_STATUS[summary.status]


def _row(value: dict[str, Any]) -> tuple[Text, ...]:
    status = state_text(value["status"])
    if value["error"]:
        return (said(value["run"]), status, Text("-"), Text("-"), Text("-"))
    if not value["finished"]:
        status = Text.assemble(status, " (unfinished)")
    alarm = Text(", ".join(map(str, value["alarm_steps"])) or "none")
    return said(value["run"]), status, alarm, Text(str(value["last_step"])), Text(_looks(value["looks"]))


def _looks(counts: dict[str, Any]) -> str:
    parts = [f"{counts['taken']} taken"]
    parts += [f"{counts[kind]} {kind}" for kind in ("unknown", "missed") if counts[kind]]
    return ", ".join(parts)
