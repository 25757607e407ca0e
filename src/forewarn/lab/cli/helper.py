"""`forewarn helper`: make, calibrate, score and hand on a helper that decides what a look asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from forewarn.cli.answer import Answer, answering, said
from forewarn.cli.inspect_progress import progress
from forewarn.cli.options import AsJson
from forewarn.errors import ConfigurationError
from forewarn.lab.cli.helper_options import (
    Budget,
    Level,
    Name,
    Out,
    SaveUp,
    Seed,
    Table,
    device_of,
    material,
    one_thread,
    typed,
    watched,
)
from forewarn.lab.cli.helper_using import calibrate, export, score
from forewarn.report.words import count

app = typer.Typer(help="Make and measure helpers, which decide what a look asks.", no_args_is_help=True)

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
_Patient = Annotated[bool, typer.Option("--patient", help="The order waits for what is too dear.")]
_Whole = Annotated[
    bool,
    typer.Option("--whole", help="The order is begun only where all of it can be paid, follow-ups included."),
]
_Traces = Annotated[
    list[Path], typer.Argument(metavar="TRACES...", help="Files, or run folders.", show_default=False)
]


@app.command()
@answering
def train(  # noqa: PLR0913, PLR0917 - the options of a command
    out: Out,
    table: Table = None,
    level: Level = None,
    reward: _Reward = "calibrated",
    depth: _Depth = 1,
    budget: Budget = 2.0,
    save_up: SaveUp = 24.0,
    teacher: _Teacher = "expert",
    updates: _Updates = 40,
    rounds: _Rounds = 2,
    seed: Seed = 0,
    device: _Device = "cpu",
    name: Name = None,
    order: _Order = None,
    patient: _Patient = False,
    whole: _Whole = False,
    as_json: AsJson = False,
) -> Answer:
    """Train a helper on recorded runs; may be stopped and called again.

    For example:

    forewarn helper train --out mine

    forewarn helper train --table own.safetensors --teacher none --out mine
    """
    one_thread()
    from forewarn.helpers.learned import Learned
    from forewarn.lab.training import making, planning, seeing

    runs = material(table, level)
    spending = making.Spending(budget, save_up)
    options = _said(table, level, budget, save_up, seed)
    if order:
        words = (
            [w for code in order for w in ("--order", code)] + ["--patient"] * patient + ["--whole"] * whole
        )
        command = typed("train", *words, *options)
        fixed = seeing.order_of(runs, tuple(order), name or out.name, patient=patient, whole=whole)
        return _finish(out, fixed, spending, runs, making.origin_of(runs, command, seed, 0))
    wish = planning.Wish(spending, reward, depth, updates, rounds, seed, device=device_of(device))
    course = ["--reward", reward, "--depth", depth, "--teacher", teacher, "--updates", updates]
    command = typed("train", *course, "--rounds", rounds, *options)
    network, traces, n = _schooled(out, runs, wish, teacher)
    policy = Learned(network, name or out.name)
    return _finish(out, policy, spending, runs, making.origin_of(runs, command, seed, n, traces))


@app.command()
@answering
def clone(  # noqa: PLR0913, PLR0917 - the options of a command
    traces: _Traces,
    out: Out,
    table: Table = None,
    level: Level = None,
    budget: Budget = 2.0,
    save_up: SaveUp = 24.0,
    seed: Seed = 0,
    name: Name = None,
    as_json: AsJson = False,
) -> Answer:
    """Make a helper that asks as people asked, and a fixed order where they showed little.

    For example:

    forewarn helper clone runs/liar runs/format --out ours
    """
    from forewarn.helpers import stored

    if (out / stored.HELPER).exists():
        raise ConfigurationError(f"{out} holds a helper already; choose another --out")
    one_thread()
    from forewarn.helpers.learned import Learned
    from forewarn.lab.training import cloning, making, teaching

    runs = material(table, level)
    spending, learned = making.Spending(budget, save_up), runs.learned(seed)
    lessons = teaching.by_people(teaching.traces_of(traces), runs, learned, spending)
    network = cloning.clone(lessons.shown, lessons.prior, lessons.codes, cloning.Cloning(seed=seed, width=16))
    agreed = cloning.agreement(network, lessons.shown)
    policy = Learned(network, name or out.name)
    command = typed("clone", *traces, *_said(table, level, budget, save_up, seed))
    origin = making.origin_of(runs, command, seed, len(learned), lessons.traces)
    told = _finish(out, policy, spending, runs, origin)
    text = (
        f"{agreed:.0%} of {count(len(lessons.shown), 'choice')} in {count(lessons.traces, 'trace')} are made as "
        "they were shown: what was asked, where the person stopped, and what was waited for"
    )
    shown = {"traces": lessons.traces, "choices": len(lessons.shown), "agreement": agreed}
    return Answer({**told.value, **shown}, (said(text), *told.text))


app.command()(calibrate)
app.command()(score)
app.command()(export)


def _schooled(out: Path, runs: Any, wish: Any, teacher: str) -> tuple[Any, int, int]:
    """The network, and from how many traces and runs it learned."""
    from forewarn.lab.game.board import Board
    from forewarn.lab.training import drawing, term

    learned = runs.learned(wish.seed)
    lessons = _lessons(runs, learned, wish, teacher)
    codes = runs.codes if lessons is None else lessons.codes
    plan = {**wish.as_json(), "table": runs.table, "level": runs.level, "teacher": teacher}
    course = term.Term(out, plan, wish.course)
    network = None if lessons is None or course.begun else _cloned(lessons, wish)
    boards = (Board.of(learned, codes), Board.of(runs.test, codes))
    checks = course.learn(boards[0], network, boards[1], wish.device)
    found = list(watched("training", checks, wish.checks, _told))
    drawing.draw(found, out / term.PICTURE)
    return course.result.network, 0 if lessons is None else lessons.traces, len(learned)


def _lessons(runs: Any, learned: Any, wish: Any, teacher: str) -> Any:
    from forewarn.lab.training import teaching

    if teacher == "none":
        return None
    if teacher == "expert":
        return teaching.by_expert(runs, learned, wish.spending, wish.seed)
    if not Path(teacher).exists():
        raise ConfigurationError(
            f"--teacher is expert, none, or a file or run folder; there is no {teacher!r}"
        )
    return teaching.by_people(teaching.traces_of([Path(teacher)]), runs, learned, wish.spending)


def _cloned(lessons: Any, wish: Any) -> Any:
    from forewarn.lab.training import cloning

    plan = cloning.Cloning(seed=wish.seed, width=wish.width)
    with progress() as tell, tell(f"cloning {len(lessons.shown) + len(lessons.prior)} choices"):
        return cloning.clone(lessons.shown, lessons.prior, lessons.codes, plan, wish.device)


def _told(check: Any) -> str:
    held = check.held_out
    return f"update {check.update}, false alarms {held.false_alarms:.3f}, misses {held.misses:.3f}"


def _said(table: Path | None, level: str | None, budget: float, save_up: float, seed: int) -> list[object]:
    given = [("--table", table), ("--level", level)]
    words = [word for option, value in given if value is not None for word in (option, value)]
    return [*words, "--budget", budget, "--save-up", save_up, "--seed", seed, "--out", "DIR"]


def _finish(out: Path, policy: Any, spending: Any, runs: Any, origin: Any) -> Answer:
    from forewarn.lab.training import card, making
    from forewarn.store.codec import encode

    made = making.finished(policy, spending, runs, origin)
    made.write(out)
    prior = making.prior_errors(spending, runs, origin.seed)
    lines = [f"{out}: {made.sheet.name}, digest {made.sheet.digest[:12]}"]
    lines += [f"on {errors.on}: {card.told(errors)}" for errors in made.sheet.errors]
    lines += [] if prior is None else [f"the fixed order at the same price: {card.told(prior)}"]
    value = {
        "out": str(out),
        "digest": made.sheet.digest,
        "calibration": made.calibration.digest,
        "errors": encode(made.sheet.errors),
        "fixed_order": encode(prior),
    }
    return Answer(value, tuple(said(line) for line in lines))
