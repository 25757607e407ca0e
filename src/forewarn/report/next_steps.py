"""What a reader can do next: commands that can be pasted, with absolute paths."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forewarn.records import Status
from forewarn.report.featured import LeadingClaim, featured_look, last_clear, leading_claim
from forewarn.report.looks import LookSummary, State
from forewarn.report.sentences import weights_words
from forewarn.report.summary import RunSummary


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing to do."""

    why: str
    """What it is good for, in a few words."""
    command: str
    """What to paste into a shell, or into Python where `why` says so."""


def next_steps(summary: RunSummary, folder: Path) -> tuple[NextStep, ...]:
    """What can be done with the run in `folder`, the most useful first."""
    return tuple(_steps(summary, folder.resolve()))


def command(*words: object) -> str:
    """A command of forewarn, quoted for a shell."""
    return shlex.join(["forewarn", *map(str, words)])


def _steps(summary: RunSummary, run: Path) -> Iterator[NextStep]:
    shown, look = leading_claim(summary), featured_look(summary)
    if shown is not None:
        yield from _about(shown, run)
    elif look is not None and look.stored:
        yield NextStep(
            "See what this model can be asked.", command("inspect", f"{run}@{look.step}", "--questions")
        )
    if summary.status is Status.UNKNOWN:
        yield from _doubts(summary, run)
    if summary.alarm is not None and (clear := last_clear(summary)) is not None and clear.stored:
        of = f"of step {clear.step}" + (f", {weights_words(clear)}" if clear.weights else "")
        yield NextStep(f"Go back to the last clear weights, {of} (in Python).", _weights(run, clear))
    yield NextStep(
        "Check that nothing was changed. To find lines that were cut off, add --head with the hash that the run "
        "printed when it ended.",
        command("verify", run),
    )


def _about(shown: LeadingClaim, run: Path) -> Iterator[NextStep]:
    step = shown.look.step
    place = f"{run}@{step}"
    if shown.look.stored:
        yield NextStep("Measure it again, from the stored weights.", command("replay", run, "--step", step))
        yield NextStep(
            "Try to refute it: see what else can be asked.", command("inspect", place, "--questions")
        )
        yield NextStep("Look inside, layer by layer.", command("inspect", place, "--lens"))
        yield NextStep(
            "Say what you make of it: deceptive, honest or unsure.",
            command("inspect", place, "--word", "deceptive"),
        )
    else:
        yield NextStep("Read the look in full; its weights are gone.", command("show", place))


def _doubts(summary: RunSummary, run: Path) -> Iterator[NextStep]:
    doubtful = [
        look for look in summary.looks if look.state in (State.UNKNOWN, State.MISSED) and not look.saving
    ]
    if doubtful:
        yield NextStep("Read why the monitor could not tell.", command("show", f"{run}@{doubtful[-1].step}"))


def _weights(run: Path, look: LookSummary) -> str:
    return (
        "from pathlib import Path; from forewarn.store.snapshots import SnapshotStore; "
        f"weights = SnapshotStore(Path({str(run)!r})).load({look.snapshot!r})"
    )
