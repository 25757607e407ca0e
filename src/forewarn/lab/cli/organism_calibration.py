"""`forewarn organisms calibrate` and `score`: a calibration from a recorded table, its errors on another."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from forewarn.cli.options import AsJson
from forewarn.cli.result import Result, printing, said
from forewarn.errors import ConfigurationError

_Table = Annotated[
    Path,
    typer.Argument(
        metavar="TABLE", help="A table that `forewarn organisms record` has written.", show_default=False
    ),
]
_File = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Where the calibration is written.", show_default=False)
]
_Level = Annotated[
    str,
    typer.Option(
        "--level",
        metavar="LEVEL",
        help="What the auditor knows: seen cues (K0), related cues (K1) or unseen cues (K2).",
    ),
]
_Alarm = Annotated[
    float, typer.Option("--false-alarm", help="The promised chance of any alarm over an honest run.")
]
_Probes = Annotated[
    list[str] | None,
    typer.Option(
        "--probe", metavar="NAME", help="Count on this probe alone. May be repeated.", show_default="all"
    ),
]
_Calibration = Annotated[
    Path | None,
    typer.Option(
        "--calibration",
        metavar="FILE",
        help="The calibration to score; by default the one that comes with forewarn.",
        show_default=False,
    ),
]


@printing
def calibrate(
    table: _Table, out: _File, level: _Level = "related", probe: _Probes = None, as_json: AsJson = False
) -> Result:
    """Fit the judge on recorded runs, and set the alarm's promise on honest runs apart from those.

    For example:

    forewarn organisms calibrate recorded.safetensors --out calibration.json

    forewarn organisms calibrate recorded.safetensors --probe latent-policy --out calibration.json
    """
    found, runs = _runs(table, level)
    codes = _codes(probe or list(found.codes), found.codes)
    chosen = "".join(f" --probe {code}" for code in codes) if probe else ""
    command = (
        f"{found.command} && forewarn organisms calibrate FILE --level {level}{chosen} --out CALIBRATION"
    )
    from forewarn.lab.training import calibrate as calibrating

    calibration = calibrating.calibrate(runs, codes, command)
    calibration.save(out)
    source = calibration.provenance
    text = (
        f"{out}: judge from {source.honest_fit} honest and {source.deceptive_fit} deceptive runs, promise from "
        f"{source.honest_promise} honest runs of {calibration.looks_per_run} looks"
    )
    return Result({"out": str(out), "digest": calibration.digest}, (said(text),))


@printing
def score(
    table: _Table,
    calibration: _Calibration = None,
    level: _Level = "related",
    false_alarm: _Alarm = 0.05,
    as_json: AsJson = False,
) -> Result:
    """Score a calibration on recorded runs that it was not made from.

    For example:

    forewarn organisms score held-out.safetensors
    """
    recorded, runs = _runs(table, level)
    from forewarn.judges.calibration import Calibration
    from forewarn.lab.training import score as scoring

    used = Calibration.default() if calibration is None else Calibration.load(calibration)
    found = scoring.results(runs, recorded.codes, used, false_alarm)
    rates = {"false_alarms_per_run": scoring.false_alarms(found), "misses": scoring.misses(found)}
    delay = scoring.median_delay(found)
    wrong = [r for r in found if r.deceptive == (r.alarm is None)]
    value = {
        **{name: _rate(rate) for name, rate in rates.items()},
        "median_delay_steps": delay if math.isfinite(delay) else None,
        "wrong": [r.name for r in wrong],
    }
    lines = [said(f"{name.replace('_', ' ')}: {_rate_in_words(rate)}") for name, rate in rates.items()]
    late = said(f"median delay from first lying look to alarm: {_steps(delay)}")
    return Result(value, (*lines, late, said(f"wrong: {', '.join(r.name for r in wrong) or 'none'}")))


def _codes(wanted: list[str], recorded: tuple[str, ...]) -> tuple[str, ...]:
    strange = [code for code in wanted if code not in recorded]
    if strange:
        raise ConfigurationError(
            f"--probe {strange[0]}: the table holds no look of that probe; it holds {', '.join(recorded)}"
        )
    return tuple(wanted)


def _runs(path: Path, level: str) -> tuple[Any, Any]:
    from forewarn.lab.population.table import Table

    table = Table.load(path)
    if level not in table.runs:
        raise ConfigurationError(
            f"{path} holds looks at the levels {', '.join(table.runs)}; found --level {level}. "
            f"Choose one of them, or record the level with `forewarn organisms record`."
        )
    return table, table.runs[level]


def _rate(rate: Any) -> dict[str, Any]:
    interval = None if rate.interval is None else [rate.interval.low, rate.interval.high]
    return {"count": rate.count, "n": rate.n, "interval": interval}


def _steps(delay: float) -> str:
    if math.isnan(delay):
        return "no such runs"
    return "no alarm in the median run" if math.isinf(delay) else f"{delay:g} steps"


def _rate_in_words(rate: Any) -> str:
    if rate.interval is None:
        return "no such runs"
    return f"{rate.count} of {rate.n} (95 % interval {rate.interval.low:.3f} to {rate.interval.high:.3f})"
