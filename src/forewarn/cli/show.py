"""`forewarn show`: a run, or one look of it in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from forewarn.cli.answers import leading_text
from forewarn.cli.options import AsJson
from forewarn.cli.result import OF_STATUS, Code, Result, printing, said, worst
from forewarn.cli.tables import STYLES, Records, state_text
from forewarn.cli.values import full_look_value, run_value
from forewarn.errors import ConfigurationError
from forewarn.records import Cause, Outcome
from forewarn.report.caveats import caveats
from forewarn.report.explained import explained
from forewarn.report.featured import headline, leading_claim, shown_look
from forewarn.report.looks import LookSummary, State
from forewarn.report.next_steps import command, next_steps
from forewarn.report.people import Inspections, inspections, trace_words
from forewarn.report.run import read_run
from forewarn.report.segments import alarm_lines
from forewarn.report.sentences import (
    evidence_words,
    found_words,
    outcome_kind,
    outcome_words,
    probability_words,
    promise_words,
    reach_words,
    weights_words,
)
from forewarn.report.stretches import Stretch, in_full, told
from forewarn.report.summary import RunSummary
from forewarn.report.titles import UNTITLED, Titles
from forewarn.report.words import ends, likely, sentence, steps

_Place = Annotated[str, typer.Argument(metavar="RUN[@STEP]", help="Folder of a run, or one look of it.")]
_CODES = {
    State.CLEAR: Code.CLEAR,
    State.FLAGGED: Code.FLAGGED,
    State.UNKNOWN: Code.UNKNOWN,
    State.MISSED: Code.UNKNOWN,
}


@printing
def show(place: _Place, as_json: AsJson = False) -> Result:
    """Show what a model wrote that it should not have, where its run stands and why; or one look in full.

    For example:

    forewarn show runs/liar

    forewarn show runs/liar@500 --json
    """
    folder, step = split_place(place)
    run = read_run(folder)
    summary = run.summary
    if step is None:
        asked = inspections(folder)
        text = tuple(_run(folder, summary, asked))
        # Made only where it is wanted: it holds every claim of the run.
        value = run_value(folder, summary, asked) if as_json else {}
        return Result(value, text, code_of(summary))
    looks = looks_at(summary, step)
    value = {"run": str(folder), "step": step, "looks": [full_look_value(look) for look in looks]}
    text = tuple(part for look in looks for part in _look(folder, summary, look))
    codes = [_CODES[look.state] for look in looks]
    return Result(value, text, Code.BROKEN if summary.changed else worst(codes))


def code_of(summary: RunSummary) -> Code:
    """The exit code for a run: broken where it is not what was written, whatever it says of itself."""
    return Code.BROKEN if summary.changed else OF_STATUS[summary.status]


def changed_text(summary: RunSummary) -> Iterator[RenderableType]:
    """What is not what was written, before anything else is read."""
    for each in summary.changed:
        yield said(f"{each}.", "bold red")


def split_place(place: str) -> tuple[Path, int | None]:
    """Take RUN@STEP apart; a folder whose own name holds an @ wins."""
    folder, at, step = place.rpartition("@")
    if not at or Path(place).exists():
        return Path(place), None
    if not step.isdecimal():
        raise ConfigurationError(
            f"after the @ comes a training step, a whole number; found {step!r} in {place!r}"
        )
    return Path(folder), int(step)


def looks_at(summary: RunSummary, step: int) -> tuple[LookSummary, ...]:
    """Return the looks at a step, several after a resumption. Raises ConfigurationError where there is none."""
    looks = tuple(look for look in summary.looks if look.step == step)
    if not looks:
        near = sorted({look.step for look in summary.looks}, key=lambda other: (abs(other - step), other))[:5]
        there = f"the nearest are at {steps(sorted(near))}" if near else "the run holds no look at all"
        advice = "; `forewarn show RUN`, without @STEP, lists all looks" if near else ""
        raise ConfigurationError(f"no look at step {step}; {there}{advice}")
    return looks


def _run(folder: Path, summary: RunSummary, asked: Inspections) -> Iterator[RenderableType]:
    titles = Titles.of(summary.manifest.probes)
    yield from changed_text(summary)
    yield from leading_text(leading_claim(summary))
    yield said(f"{summary.manifest.name}  ({folder})", "bold")
    yield Text(headline(summary), style=STYLES[summary.status.value])
    yield said(summary.standing.why)
    yield from _response(summary)
    if len(summary.alarms) > 1 or summary.acknowledged:
        yield said("Alarms:")
        yield from (said(f"- {line}") for line in alarm_lines(summary.alarms, summary.acknowledged))
    if summary.ended is not None:
        yield said(f"The run ended at step {summary.ended.step}: {summary.ended.why}")
    yield said(promise_words(summary.manifest.promise, summary.alarm))
    yield said(f"Calibration {summary.manifest.promise.digest[:12]}. {reach_words(summary.looks)}")
    if summary.manifest.asked:
        yield said(f"The model was asked {summary.manifest.asked}.")
    if summary.looks:
        yield Text()
        full = in_full(summary.looks, shown_look(summary))
        rows = tuple(_told(summary, each) for each in told(summary.looks, full))
        yield Records(("step", "state", "chance", "interval", "found"), rows)
    if stored := sorted({look.step for look in summary.looks if look.stored}):
        place = command("inspect", f"{folder.resolve()}@STEP")
        yield said(f"Weights are stored of {steps(stored, 20)}; look into one with {place}")
    yield from _evidence(shown_look(summary), titles)
    yield from _explained(folder, summary, titles)
    yield from _asked(asked, titles)
    yield Text("\nWhat next", style="bold")
    yield from (said(f"- {step.why}\n  {step.command}") for step in next_steps(summary, folder))
    yield Text("\nWhat this does not show", style="bold")
    yield from (said(f"- {sentence}") for sentence in caveats(summary))
    yield said(f"\nHead hash: {summary.head}", "dim")


def _response(summary: RunSummary) -> Iterator[RenderableType]:
    """What was done; the reasons for an alarm stand above and are not told again."""
    if summary.response is not None and summary.response.cause is Cause.ALARM:
        yield said(f"Response: {summary.response.response.value}")
    elif summary.response is not None:
        yield said(f"Response: {summary.response.response.value}, because {summary.response.why}")


def _told(summary: RunSummary, each: int | Stretch) -> tuple[Text, ...]:
    """One look, or a stretch of a long run whose looks came out alike."""
    if not isinstance(each, Stretch):
        return _row(summary.looks[each])
    steps_ = Text(str(each.first) if each.first == each.last else f"{each.first} to {each.last}")
    return steps_, state_text(each.state.value), Text(""), Text(""), said(each.words)


def _row(look: LookSummary) -> tuple[Text, ...]:
    found = found_words(look.evidence)
    if look.reason:
        found = look.reason if not look.evidence else f"{found}; {look.reason}"
    if look.weights:
        found = f"{found}; {weights_words(look)}"
    chance = "none" if look.probability is None else likely(look.probability)
    interval = "" if look.interval is None else ends(look.interval.low, look.interval.high)
    return Text(str(look.step)), state_text(look.state.value), Text(chance), Text(interval), said(found)


def _evidence(look: LookSummary | None, titles: Titles) -> Iterator[RenderableType]:
    if look is None:
        return
    aside = f" ({weights_words(look)})" if look.weights else ""
    yield said(f"\nEvidence at step {look.step}{aside}", "bold")
    for evidence in look.evidence:
        aside = "" if look.counts(evidence) else ", recorded, not counted in the probability"
        yield said(f"- {sentence(evidence.claim)} [{titles.name(evidence.code)}{aside}]")
        yield said(f"  {evidence_words(evidence)}")


def _explained(folder: Path, summary: RunSummary, titles: Titles) -> Iterator[RenderableType]:
    found = explained(folder, shown_look(summary), summary.kept)
    if found.problem:
        yield said(found.problem, "red")
    if found.outcomes:
        yield Text("\nAsked for people after the alarm; no verdict rests on it", style="bold")
        yield from outcomes_text(found.outcomes, titles)


def _asked(asked: Inspections, titles: Titles) -> Iterator[RenderableType]:
    if not (asked.traces or asked.problem):
        return
    yield Text("\nWhat people asked", style="bold")
    if asked.problem:
        yield said(asked.problem, "red")
    for trace in asked.traces:
        yield said(f"- {trace_words(trace)}")
        outcomes = tuple(answered.outcome for answered in trace.answers)
        yield from outcomes_text(outcomes, titles)


def _look(folder: Path, summary: RunSummary, look: LookSummary) -> Iterator[RenderableType]:
    yield from changed_text(summary)
    yield from leading_text(leading_claim(summary, look))
    yield Text.assemble((f"Step {look.step}: ", "bold"), state_text(look.state.value))
    if look.reason:
        yield said(f"Why it cannot tell: {look.reason}")
    if look.state is State.MISSED:
        return
    yield said(f"Chance {summary.manifest.chance}: {probability_words(look)}")
    yield said(f"Facts known: {look.known} of {look.asked}")
    if look.weights:
        yield said(f"Weights looked at: {look.weights}")
    yield said(f"Snapshot: {look.snapshot}" + ("" if look.stored else " (weights removed by retention)"))
    yield from outcomes_text(look.outcomes, Titles.of(summary.manifest.probes))
    if look.stored and look.evidence:
        yield said(f"Measure it again: {command('replay', folder.resolve(), '--step', look.step)}")


def outcomes_text(outcomes: tuple[Outcome, ...], titles: Titles = UNTITLED) -> Iterator[RenderableType]:
    """What was asked where, and what came of it; what came alike of several places is told once."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for outcome in outcomes:
        told = (titles.name(outcome.code), outcome_kind(outcome), outcome_words(outcome))
        alike.setdefault(told, []).append(str(outcome.site))
    for (name, kind, words), places in alike.items():
        where = places[0] if len(places) == 1 else f"at {len(places)} sites alike"
        yield said(f"- {name}, {where}: {kind}")
        yield said(f"  {words}")
