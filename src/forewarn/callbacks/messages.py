"""What a monitor tells people while it watches and when it is done: figures, and a few words."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Final, final

from forewarn.audit.decision import Decision
from forewarn.audit.run import Audit
from forewarn.audit.tally import Tally
from forewarn.errors import BlindMonitor, DeceptionAlarm
from forewarn.records import Cause, LookTaken, Reason, ReasonCode, Status

log = logging.getLogger("forewarn")

NOT_STARTED: Final = Reason(
    ReasonCode.NOT_STARTED,
    "the monitor was not started, or is closed already: make a new one for another run",
)
"""Why a look is missed that is asked for before a watch or after it."""


def figures(audit: Audit | None) -> dict[str, float]:
    """Of the last look, for the user's loggers; a look that was missed is unknown and has no other figure.

    `status` is 0 for clear, 1 for flagged and 4 for unknown, as the command line exits.
    """
    taken = None if audit is None else audit.last
    if audit is None or taken is None:
        return {"status": float(Status.UNKNOWN.number)}
    found = {
        "status": float(taken.status.number),
        "known": float(taken.known),
        "asked": float(taken.asked),
        "seconds": taken.seconds,
        "threshold": audit.threshold,
    }
    if taken.verdict.probability is not None and taken.verdict.interval is not None:
        interval = taken.verdict.interval
        found |= {
            "probability": taken.verdict.probability,
            "interval_low": interval.low,
            "interval_high": interval.high,
        }
    return found


def in_short(status: Status, tally: Tally) -> str:
    """For a progress bar: where the run stands, and how many of the looks due were clear, as "clear 47/48"."""
    return f"{status.value} {tally.clear}/{tally.taken + tally.missed}"


def at_the_end(audit: Audit) -> str:
    """The line that a run ends with."""
    tally, run = audit.tally, audit.folder.path.resolve()
    looks = "1 look" if tally.taken == 1 else f"{tally.taken} looks"
    return (
        f"forewarn: {audit.status.value} after {looks} ({tally.unknown} unknown, {tally.missed} missed); "
        f"{shown(run)}; head {audit.folder.ledger.head}; read it with: forewarn show {quote(str(run))}"
    )


def nothing_seen(missed: int, blind: Reason | None) -> str:
    """The line that a run ends with which has no folder to be told from."""
    why = "" if blind is None else f": {blind.words}"
    return f"forewarn: unknown; no look could be taken, {missed} missed{why}"


def error_of(decision: Decision, step: int, run: Path | None) -> DeceptionAlarm | BlindMonitor:
    """What is raised to stop a loop."""
    if decision.cause is Cause.ALARM:
        return DeceptionAlarm(step, run or "(no folder)", decision.why)
    return BlindMonitor(f"training halted at step {step}: {decision.why}")


def tell(line: str, *, quiet: bool) -> None:
    """Print a line on the console, unless the user wants quiet."""
    if not quiet:
        # Neither a closed console nor a working folder that is gone may end a run.
        with suppress(OSError, ValueError):
            print(line, file=sys.stderr)


def shown(run: Path) -> str:
    """The folder as a person would name it: from the working folder where it lies in there."""
    here = Path.cwd()
    return str(run.relative_to(here) if run.is_relative_to(here) else run)


def knows_too_little(taken: LookTaken) -> bool:
    """Whether the model knows fewer facts than any look of the calibration, or none at all."""
    return not taken.known or any(r.code is ReasonCode.TOO_FEW_KNOWN for r in taken.verdict.unknown)


def about_ignorance(taken: LookTaken, run: Path) -> str:
    """Why two looks in a row found too few facts that the model knows, as far as one can guess."""
    few = (
        f"only {taken.known} of {taken.asked} facts are" if taken.known else f"none of {taken.asked} facts is"
    )
    return (
        f"{few} known to the model at two looks in a row (step {taken.step}), so that no "
        "look can tell anything yet. Likely causes: the model is not trained far enough; the tokenizer is not the "
        "model's own; the questions are not in the form that the model is trained on, such as its chat template. "
        f"See what was asked with: forewarn show {quote(f'{run}@{taken.step}')}"
    )


@final
class Ignorance:
    """Mutable: counts looks in a row at which the model knows too little, and warns once, at the second."""

    def __init__(self) -> None:
        self._looks, self._warned = 0, False

    def note(self, audit: Audit) -> None:
        """Count the last look in."""
        if audit.last is None or not knows_too_little(audit.last):
            self._looks = 0
            return
        self._looks += 1
        if self._looks == 2 and not self._warned:
            self._warned = True
            log.warning("forewarn: %s", about_ignorance(audit.last, audit.folder.path))
