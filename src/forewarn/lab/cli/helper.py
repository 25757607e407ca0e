"""`forewarn helper`: begin a probe of your own; make, calibrate, score and export helpers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from forewarn.cli.inspect_progress import progress
from forewarn.cli.options import AsJson
from forewarn.cli.result import Result, printing, said
from forewarn.errors import ConfigurationError
from forewarn.lab.cli.helper_new import new
from forewarn.lab.cli.helper_options import (
    Budget,
    CarryOver,
    Level,
    Name,
    Out,
    Seed,
    Table,
    dataset,
    device_of,
    one_thread,
    typed,
    watched,
)
from forewarn.lab.cli.helper_using import calibrate, export, score
from forewarn.report.words import count

app = typer.Typer(
    help="Make and measure helpers, which decide what a look asks; begin a probe of your own.",
    no_args_is_help=True,
)

_Reward = Annotated[str, typer.Option(help="calibrated, conviction or debate.")]
_Depth = Annotated[int, typer.Option(min=1, help="Of the debate.")]
_Teacher = Annotated[
    str, typer.Option(metavar="WHO", help="expert, none, or a file or run folder with traces.")
]
_Updates = Annotated[int, typer.Option(min=1, help="Of a round.")]
_Rounds = Annotated[int, typer.Option(min=1, help="After each the judge is fitted anew.")]
_Device = Annotated[str, typer.Option(help="cpu or cuda.")]
_Order = Annotated[
    list[str] | None,
    typer.Option(
        "--order", metavar="CODE", help="No network: this fixed order. May be repeated.", show_default=False
    ),
]
_Patient = Annotated[bool, typer.Option("--waits", help="The order waits for what is too dear.")]
_Whole = Annotated[
    bool,
    typer.Option("--whole", help="The order is begun only where all of it can be paid, follow-ups included."),
]
_Traces = Annotated[
    list[Path], typer.Argument(metavar="TRACES...", help="Files, or run folders.", show_default=False)
]


@app.command()
@printing
def train(  # noqa: PLR0913, PLR0917 - the options of a command
    out: Out,
    table: Table = None,
    level: Level = None,
    reward: _Reward = "calibrated",
    depth: _Depth = 1,
    budget: Budget = 2.0,
    carry_over: CarryOver = 24.0,
    teacher: _Teacher = "expert",
    updates: _Updates = 40,
    rounds: _Rounds = 2,
    seed: Seed = 0,
    device: _Device = "cpu",
    name: Name = None,
    order: _Order = None,
    waits: _Patient = False,
    whole: _Whole = False,
    as_json: AsJson = False,
) -> Result:
    """Train a helper on recorded runs; may be stopped and called again.

    For example:

    forewarn helper train --out mine

    forewarn helper train --table own.safetensors --teacher none --out mine
    """
    one_thread()
    from forewarn.helpers.learned import Learned
    from forewarn.helpers.policy import Allowance
    from forewarn.lab.training import packaging, replayed
    from forewarn.lab.training.settings import TrainingSettings

    runs = dataset(table, level)
    allowance = Allowance(budget, carry_over)
    options = _said(table, level, budget, carry_over, seed)
    if order:
        words = [w for code in order for w in ("--order", code)] + ["--waits"] * waits + ["--whole"] * whole
        command = typed("train", *words, *options)
        fixed = replayed.order_of(runs, tuple(order), name or out.name, waits=waits, whole=whole)
        return _finish(out, fixed, allowance, runs, packaging.origin_of(runs, command, seed, 0))
    settings = TrainingSettings(allowance, reward, depth, updates, rounds, seed, device=device_of(device))
    plan = ["--reward", reward, "--depth", depth, "--teacher", teacher, "--updates", updates]
    command = typed("train", *plan, "--rounds", rounds, *options)
    network, traces, n = _trained(out, runs, settings, teacher)
    policy = Learned(network, name or out.name)
    return _finish(out, policy, allowance, runs, packaging.origin_of(runs, command, seed, n, traces))


@app.command()
@printing
def clone(  # noqa: PLR0913, PLR0917 - the options of a command
    traces: _Traces,
    out: Out,
    table: Table = None,
    level: Level = None,
    budget: Budget = 2.0,
    carry_over: CarryOver = 24.0,
    seed: Seed = 0,
    name: Name = None,
    as_json: AsJson = False,
) -> Result:
    """Make a helper that asks as people asked, and a fixed order where they showed little.

    For example:

    forewarn helper clone runs/liar runs/format --out ours
    """
    from forewarn.helpers import stored

    if (out / stored.HELPER).exists():
        raise ConfigurationError(f"{out} holds a helper already; choose another --out")
    one_thread()
    from forewarn.helpers.learned import Learned
    from forewarn.helpers.policy import Allowance
    from forewarn.lab.training import cloning, packaging, teachers

    runs = dataset(table, level)
    allowance, learned = Allowance(budget, carry_over), runs.learned(seed)
    lessons = teachers.by_people(teachers.traces_of(traces), runs, learned, allowance)
    network = cloning.clone(lessons.shown, lessons.prior, lessons.codes, cloning.Cloning(seed=seed, width=16))
    agreed = cloning.agreement(network, lessons.shown)
    policy = Learned(network, name or out.name)
    command = typed("clone", *traces, *_said(table, level, budget, carry_over, seed))
    origin = packaging.origin_of(runs, command, seed, len(learned), lessons.traces)
    told = _finish(out, policy, allowance, runs, origin)
    text = (
        f"{agreed:.0%} of {count(len(lessons.shown), 'choice')} in {count(lessons.traces, 'trace')} are made as "
        "they were shown: what was asked, where the person stopped, and what was waited for"
    )
    shown = {"traces": lessons.traces, "choices": len(lessons.shown), "agreement": agreed}
    return Result({**told.value, **shown}, (said(text), *told.text))


app.command()(new)
app.command()(calibrate)
app.command()(score)
app.command()(export)


def _trained(out: Path, runs: Any, settings: Any, teacher: str) -> tuple[Any, int, int]:
    """The network, and from how many traces and runs it learned."""
    from forewarn.lab.game.run_batch import RunBatch
    from forewarn.lab.training import checkpoint, curves

    learned = runs.learned(settings.seed)
    lessons = _lessons(runs, learned, settings, teacher)
    codes = runs.codes if lessons is None else lessons.codes
    decided = {**settings.as_json(), "table": runs.table, "level": runs.level, "teacher": teacher}
    training = checkpoint.CheckpointedTraining(out, decided, settings.plan)
    network = None if lessons is None or training.begun else _cloned(lessons, settings)
    batches = (RunBatch.of(learned, codes), RunBatch.of(runs.test, codes))
    checks = training.learn(batches[0], network, batches[1], settings.device)
    found = list(watched("training", checks, settings.checks, _check_line))
    curves.draw_curves(found, out / checkpoint.PICTURE)
    return training.result.network, 0 if lessons is None else lessons.traces, len(learned)


def _lessons(runs: Any, learned: Any, settings: Any, teacher: str) -> Any:
    from forewarn.lab.training import teachers

    if teacher == "none":
        return None
    if teacher == "expert":
        return teachers.by_expert(runs, learned, settings.allowance, settings.seed)
    if not Path(teacher).exists():
        raise ConfigurationError(
            f"--teacher is expert, none, or a file or run folder; there is no {teacher!r}"
        )
    return teachers.by_people(teachers.traces_of([Path(teacher)]), runs, learned, settings.allowance)


def _cloned(lessons: Any, settings: Any) -> Any:
    from forewarn.lab.training import cloning

    plan = cloning.Cloning(seed=settings.seed, width=settings.width)
    with progress() as tell, tell(f"cloning {len(lessons.shown) + len(lessons.prior)} choices"):
        return cloning.clone(lessons.shown, lessons.prior, lessons.codes, plan, settings.device)


def _check_line(check: Any) -> str:
    held = check.held_out
    return f"update {check.update}, false alarms {held.false_alarms:.3f}, misses {held.misses:.3f}"


def _said(table: Path | None, level: str | None, budget: float, carry_over: float, seed: int) -> list[object]:
    given = [("--table", table), ("--level", level)]
    words = [word for option, value in given if value is not None for word in (option, value)]
    return [*words, "--budget", budget, "--carry-over", carry_over, "--seed", seed, "--out", "DIR"]


def _finish(out: Path, policy: Any, allowance: Any, runs: Any, origin: Any) -> Result:
    from forewarn.lab.training import card, packaging
    from forewarn.store.codec import encode

    made = packaging.packaged(policy, allowance, runs, origin)
    made.write(out)
    prior = packaging.prior_errors(allowance, runs, origin.seed)
    lines = [f"{out}: {made.sheet.name}, digest {made.sheet.digest[:12]}"]
    lines += [f"on {errors.on}: {card.error_line(errors)}" for errors in made.sheet.errors]
    lines += [] if prior is None else [f"the fixed order at the same price: {card.error_line(prior)}"]
    value = {
        "out": str(out),
        "digest": made.sheet.digest,
        "calibration": made.calibration.digest,
        "errors": encode(made.sheet.errors),
        "fixed_order": encode(prior),
    }
    return Result(value, tuple(said(line) for line in lines))
