"""`forewarn helper calibrate`, `score` and `export`: what is done with a helper that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from forewarn.cli.inspect_progress import progress
from forewarn.cli.options import AsJson
from forewarn.cli.result import Result, printing, said
from forewarn.cli.tables import Records
from forewarn.lab.cli.helper_options import HelperFolder, Level, Table, dataset, helper_at, one_thread, typed

_Runs = Annotated[
    list[Path],
    typer.Argument(metavar="RUNS...", help="Folders of finished honest runs.", show_default=False),
]
_File = Annotated[Path, typer.Option("--out", metavar="FILE", help="The calibration.", show_default=False)]
_Promise = Annotated[
    float | None,
    typer.Option(
        "--false-alarm", help="Refuse if the runs do not suffice for this level.", show_default=False
    ),
]
_Alarm = Annotated[
    float, typer.Option("--false-alarm", help="Promised chance of an alarm over an honest run.")
]
_Quick = Annotated[bool, typer.Option("--quick", help="One division of the training side, not five.")]
_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A helper's folder.", show_default=False)]
_Target = Annotated[Path, typer.Option("--out", metavar="FILE.zip|DIR", help="Where to.", show_default=False)]


@printing
def calibrate(
    runs: _Runs,
    out: _File,
    helper: HelperFolder = None,
    false_alarm: _Promise = None,
    as_json: AsJson = False,
) -> Result:
    """Make the promise from your own honest runs, which this helper has audited.

    For example:

    forewarn helper calibrate runs/honest-* --out calibration.json
    """
    from forewarn.judges.calibration import Calibration
    from forewarn.lab.training import recalibration
    from forewarn.stats import conformal

    stored = helper_at(helper)
    base = Calibration.default() if stored.calibration is None else Calibration.load(stored.calibration)
    found = [recalibration.read_run(run, stored.sheet) for run in runs]
    options = [] if helper is None else ["--helper", helper]
    made = recalibration.recalibrate(
        found, stored.sheet, base, typed("calibrate", *runs, *options, "--out", out)
    )
    n, maxima = len(made.honest_maxima), made.honest_maxima
    if false_alarm is not None:
        conformal.run_threshold(maxima, false_alarm)
    made.save(out)
    least, alarmed = conformal.least_level(n), sum(run.alarmed for run in found)
    lines = [
        f"{out}: promise from {n} honest runs of your own, at most {made.looks_per_run} looks each",
        f"they suffice for a level of {least:.3g} or more; 0.05 takes {conformal.least_runs(0.05)} runs",
        f"the calibration of then raised an alarm in {alarmed} of {len(found)}",
    ]
    value = {"out": str(out), "digest": made.digest, "runs": n, "least_level": least, "alarmed": alarmed}
    return Result({**value, "helper": stored.sheet.digest}, tuple(said(line) for line in lines))


@printing
def score(
    helper: HelperFolder = None,
    table: Table = None,
    level: Level = None,
    false_alarm: _Alarm = 0.05,
    quick: _Quick = False,
    as_json: AsJson = False,
) -> Result:
    """Compare a helper at equal budget with all that it must beat, on seeds that it has not learned from.

    For example:

    forewarn helper score --quick
    """
    one_thread()
    from forewarn.lab.contest import scoring
    from forewarn.lab.evaluation import render

    stored, runs = helper_at(helper), dataset(table, level)
    with progress() as tell:
        found = scoring.score_helper(stored, runs, false_alarm, 1 if quick else 5, tell)
    heads = ("asks", "passes / look", *render.COLUMNS[1:6], "median lead, steps", "seeds")
    rows = tuple(tuple(said(cell) for cell in _cells(row, render)) for row in found.rows)
    text = (
        f"{stored.name} ({stored.sheet.digest[:12]}) on {found.deceptive} deceptive and {found.honest} honest "
        f"runs of seeds {', '.join(map(str, found.seeds))}, level {runs.level}; {found.rules.budget:.3g} "
        f"passes a look, up to {found.rules.carry_over:.3g} saved"
    )
    return Result(found.as_json(), (said(text), Records(heads, rows)))


@printing
def export(folder: _Folder, out: _Target, as_json: AsJson = False) -> Result:
    """Write a helper with its card into one file or folder, to hand on.

    For example:

    forewarn helper export mine --out mine.zip
    """
    from forewarn.lab.training import export

    stored = helper_at(folder)
    files = export.export_helper(stored, out)
    lines = [f"{out}: {', '.join(files)}", f"digest {stored.sheet.digest}"]
    value = {"out": str(out), "digest": stored.sheet.digest, "files": list(files)}
    return Result(value, tuple(said(line) for line in lines))


def _cells(row: Any, render: Any) -> tuple[str, ...]:
    errors = row.balanced_errors
    spread = f"{sum(errors) / len(errors):.3f} ({min(errors):.3f} to {max(errors):.3f})" if errors else "-"
    lead = render.with_interval(row.score.lead_time.steps)
    return (row.name, f"{row.passes:.2f}", *render.score_cells(row.score)[:5], lead, spread)
