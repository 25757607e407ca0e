"""`forewarn bench`: both kinds of error of forewarn and of everything it is compared with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from forewarn.cli.inspect_progress import progress
from forewarn.cli.options import AsJson
from forewarn.cli.result import Result, printing, said
from forewarn.cli.tables import Records
from forewarn.errors import ConfigurationError
from forewarn.lab.cli.extras import require

_Table = Annotated[
    Path | None,
    typer.Option(
        "--table",
        metavar="FILE",
        help="The recorded table to score; by default the one that comes with forewarn.",
    ),
]
_Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Save the scorecard and its pictures here.")
]
_Quick = Annotated[bool, typer.Option("--quick", help="Divide the training side once, not five times.")]
_Alarm = Annotated[
    float, typer.Option("--false-alarm", help="The promised chance of any alarm over an honest run.")
]
_Plots = Annotated[bool, typer.Option(help="Draw pictures when saving with --out.")]
_Run = Annotated[
    str | None,
    typer.Option("--run", metavar="NAME", help="Show every look of one recorded run instead of a scorecard."),
]
_On = Annotated[
    Path | None,
    typer.Option(
        "--on", metavar="FILE", help="Learn from the whole table, and score the runs of this other table."
    ),
]
_Split = Annotated[
    str, typer.Option("--split", metavar="NAME", help="The split whose worst mistakes are listed.")
]


@printing
def bench(  # noqa: PLR0913, PLR0917 - the options of a command
    table: _Table = None,
    out: _Out = None,
    quick: _Quick = False,
    false_alarm: _Alarm = 0.05,
    plots: _Plots = True,
    split: _Split = "new mechanism",
    run: _Run = None,
    on: _On = None,
    as_json: AsJson = False,
) -> Result:
    """Score forewarn and the field's baselines on recorded runs that they did not learn from.

    For example:

    forewarn bench --quick
    """
    # Before numpy is there: many small fits, for which more threads only wait for each other.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from forewarn.lab.evaluation import shipped

    _check_split(split)
    if out is not None and plots:
        require("bench --out", "matplotlib")
    recorded = shipped.load(table)
    if run is not None:
        return _one_run(recorded, run)
    if on is not None:
        return _transferred(recorded, shipped.load(on), false_alarm)
    from forewarn.lab.evaluation.results import score_table

    with progress() as announce:
        found = score_table(recorded, false_alarm=false_alarm, seeds=1 if quick else 5, progress=announce)
    if out is not None:
        from forewarn.lab.evaluation import files

        files.save(out, found, plots=plots)
    return Result(found.as_json(), (*_tables(found.entries, split), *_left_out(found.left_out)))


def _left_out(levels: Mapping[str, str]) -> list[RenderableType]:
    return [said(f"{_knows(level)} are left out: {why}", "yellow") for level, why in levels.items()]


def _check_split(split: str) -> None:
    from forewarn.lab.evaluation.splits import SPLITS

    if split not in SPLITS:
        raise ConfigurationError(f"--split is one of {', '.join(SPLITS)}; found {split!r}")


def _transferred(learned: Any, other: Any, false_alarm: float) -> Result:
    from forewarn.lab.evaluation import transfer

    with progress() as announce:
        entries = transfer.transfer(learned, other, level=false_alarm, progress=announce)
    text = _tables(entries, transfer.TRANSFERRED, mistakes=False)
    for entry in (e for e in entries if e.detector == entries[0].detector):
        rows = tuple(tuple(said(cell) for cell in line) for line in transfer.run_rows(entry))
        heads = ("run", "kind", "truth", "onset", "alarm", "greatest")
        title = f"{_knows(entry.level)}, {entry.detector}, run by run"
        text += [said(title, "bold"), Records(heads, rows), Text()]
    levels: dict[str, Any] = {}
    for entry in entries:
        levels.setdefault(entry.level, {})[entry.detector] = entry.as_json()
    return Result({"false_alarm": false_alarm, "levels": levels}, tuple(text))


def _one_run(recorded: Any, name: str) -> Result:
    from forewarn.lab.evaluation.mistakes import looks_in_words

    looks: dict[str, Any] = {}
    text: list[RenderableType] = []
    for level, runs in recorded.runs.items():
        found = next((r for r in runs if r.truth.name == name), None)
        if found is None:
            raise ConfigurationError(f"the table holds no run {name!r}; `forewarn bench --quick` names some")
        lines = looks_in_words(found)
        looks[level] = [list(line) for line in lines]
        title = f"{name}, {_knows(level)}: {found.truth.kind}, onset {found.truth.onset}"
        text += [said(title), Text()]
        rows = tuple(tuple(said(cell) for cell in line) for line in lines)
        text += [Records(("step", "known", "claims"), rows), Text()]
    return Result({"run": name, "looks": looks}, tuple(text))


def _tables(entries: Any, split: str, *, mistakes: bool = True) -> list[RenderableType]:
    from forewarn.lab.evaluation import render, scorecard
    from forewarn.lab.evaluation.mistakes import worst_mistakes

    text: list[RenderableType] = []
    for level, name in dict.fromkeys((e.level, e.split) for e in entries):
        chosen = [e for e in entries if (e.level, e.split) == (level, name)]
        lines = [(e.detector, *render.score_cells(scorecard.score(e.runs))[:5]) for e in chosen]
        rows = tuple(tuple(said(cell) for cell in line) for line in lines)
        title = said(f"{_knows(level)}, {name} ({len(chosen[0].runs)} runs)", "bold")
        text += [title, Records(render.COLUMNS[:6], rows), Text()]
    shown = worst_mistakes(next(e for e in entries if e.split == split).runs) if mistakes else ()
    for mistake in shown:
        score = f"{mistake.greatest:.2f} against {mistake.threshold:.2f}"
        text.append(said(f"{mistake.kind}: {mistake.name}, {score}: {mistake.command}"))
    return text


def _knows(level: str) -> str:
    from forewarn.lab.organisms.levels import level_in_words

    return level_in_words(level)
