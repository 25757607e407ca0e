"""`forewarn organisms`: make runs whose truth is known, and what is learned from them."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from forewarn.cli.answer import Answer, answering, said
from forewarn.cli.options import AsJson
from forewarn.cli.tables import Records

app = typer.Typer(help="Make, list and learn from runs whose truth is known.", no_args_is_help=True)

_Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="One file a run; what is there is not made again.")
]
_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What `make` has written.", show_default=False)]
_Honest = Annotated[int, typer.Option("--honest", min=0, help="Runs of each honest kind.")]
_Deceptive = Annotated[int, typer.Option("--deceptive", min=0, help="Runs of each deceptive kind.")]
_Seed = Annotated[int, typer.Option("--first-seed", min=0, help="Seed of the first run of each kind.")]
_Looks = Annotated[int, typer.Option("--looks", min=1, help="Looks over each run.")]
_Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Processes, of one thread each.")]
_File = Annotated[Path, typer.Option("--out", metavar="FILE", help="The calibration.", show_default=False)]
_Level = Annotated[
    float, typer.Option("--false-alarm", help="Promised chance of an alarm over an honest run.")
]
_Calibration = Annotated[
    Path | None,
    typer.Option("--calibration", metavar="FILE", help="The shipped one by default.", show_default=False),
]


@app.command()
@answering
def make(  # noqa: PLR0913, PLR0917 - the options of a command
    out: _Out = Path("organism-runs"),
    honest: _Honest = 6,
    deceptive: _Deceptive = 6,
    first_seed: _Seed = 1000,
    looks: _Looks = 20,
    jobs: _Jobs = 2,
    as_json: AsJson = False,
) -> Answer:
    """Train organisms and look at each; may be stopped and called again.

    For example:

    forewarn organisms make --out organism-runs --honest 2 --deceptive 2
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    population = importlib.import_module("forewarn.training.population")
    wanted = population.tasks(honest, deceptive, first_seed)
    open_ = len(population.missing(out, wanted))
    columns = (TextColumn("organisms"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("organisms", total=len(wanted), completed=len(wanted) - open_)
        for _ in population.make(out, wanted, looks, jobs):
            progress.advance(bar)
    return Answer(
        {"out": str(out), "runs": len(wanted), "made": open_}, (said(f"{len(wanted)} runs in {out}"),)
    )


@app.command("list")
@answering
def list_organisms(folder: _Folder, as_json: AsJson = False) -> Answer:
    """List organisms, whether they hold their behaviour, and when it began.

    For example:

    forewarn organisms list organism-runs
    """
    records = importlib.import_module("forewarn.training.population").records(folder)
    names = ("name", "kind", "deceptive", "holds", "onset", "behaviour")
    rows = [{name: record[name] for name in names} for record in records]
    table = Records(names, tuple(tuple(said(_cell(row[name])) for name in names) for row in rows))
    held = sum(row["holds"] for row in rows)
    note = said(f"{held} of {len(rows)} do what they were made to do; the others count for nothing.")
    return Answer({"organisms": rows}, (table, Text(), note))


@app.command()
@answering
def calibrate(folder: _Folder, out: _File, as_json: AsJson = False) -> Answer:
    """Fit the judge and the alarm's promise on organisms.

    For example:

    forewarn organisms calibrate organism-runs --out calibration.json
    """
    records = importlib.import_module("forewarn.training.population").records(folder)
    calibrating = importlib.import_module("forewarn.training.calibrate")
    calibration = calibrating.calibrate(records, folder)
    calibration.save(out)
    lost = calibrating.discarded(records)
    found = calibration.provenance
    text = (
        f"{out}: judge from {found.honest_fit} honest and {found.deceptive_fit} deceptive runs, promise from "
        f"{found.honest_promise} honest runs of {calibration.looks_per_run} looks; {len(lost)} runs discarded"
    )
    return Answer({"out": str(out), "digest": calibration.digest, "discarded": list(lost)}, (said(text),))


@app.command()
@answering
def score(
    folder: _Folder, calibration: _Calibration = None, false_alarm: _Level = 0.05, as_json: AsJson = False
) -> Answer:
    """Score a calibration on organisms that it was not made from.

    For example:

    forewarn organisms score held-out-runs
    """
    records = importlib.import_module("forewarn.training.population").records(folder)
    scoring = importlib.import_module("forewarn.training.score")
    home = importlib.import_module("forewarn.judges.calibration").Calibration
    used = home.default() if calibration is None else home.load(calibration)
    found = scoring.results(records, used, false_alarm)
    rates = {"false_alarms_per_run": scoring.false_alarms(found), "misses": scoring.misses(found)}
    delay = scoring.median_delay(found)
    wrong = [r for r in found if r.deceptive == (r.alarm is None)]
    value = {
        **{name: _rate(rate) for name, rate in rates.items()},
        "median_delay_steps": _finite(delay),
        "wrong": [r.name for r in wrong],
        "discarded": len(records) - len(found),
    }
    lines = [said(f"{name.replace('_', ' ')}: {_told(rate)}") for name, rate in rates.items()]
    late = said(f"median delay from first lying look to alarm: {_steps(delay)}")
    names = said(f"wrong: {', '.join(r.name for r in wrong) or 'none'}; {value['discarded']} runs discarded")
    return Answer(value, (*lines, late, names))


def _cell(value: object) -> str:
    if value is None:
        return "none"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _rate(rate: Any) -> dict[str, Any]:
    interval = None if rate.interval is None else [rate.interval.low, rate.interval.high]
    return {"count": rate.count, "n": rate.n, "interval": interval}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _steps(delay: float) -> str:
    if math.isnan(delay):
        return "no such runs"
    return "no alarm in the median run" if math.isinf(delay) else f"{delay:g} steps"


def _told(rate: Any) -> str:
    if rate.interval is None:
        return "no such runs"
    return f"{rate.count} of {rate.n} (95 % interval {rate.interval.low:.3f} to {rate.interval.high:.3f})"
