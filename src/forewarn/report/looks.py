"""One look as a reader is told of it: a state that is never 'clear' unless the judge could tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from forewarn.records import (
    Event,
    Evidence,
    Failed,
    Interval,
    LookMissed,
    LookTaken,
    Outcome,
    SnapshotDropped,
    Status,
    Verdict,
)
from forewarn.report.words import count


class State(StrEnum):
    """What came of a look that was due."""

    CLEAR = "clear"
    FLAGGED = "flagged"
    UNKNOWN = "unknown"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class LookSummary:
    """One look, taken or missed."""

    step: int
    state: State
    probability: float | None = None
    """Chance that the snapshot deceives; None where nothing was measured."""
    interval: Interval | None = None
    reason: str | None = None
    """Why the look is unknown or was missed."""
    snapshot: str | None = None
    """Digest of what was looked at; None for a missed look."""
    stored: bool = False
    """Whether retention kept the weights, so that the look can be replayed."""
    outcomes: tuple[Outcome, ...] = ()
    known: int = 0
    """Facts that the model reports truly wherever truth is licensed."""
    asked: int = 0
    seconds: float = 0.0
    codes: tuple[str, ...] | None = None
    """Codes of the probes whose evidence the judge counts; None where not stated."""
    saving: bool = False
    """Whether nothing was asked, since the helper saved: unknown, and no reason to call the run so."""
    outside: bool = False
    """Whether it lies outside of what the calibration was made from."""
    weights: str = ""
    """Where the weights were found that were looked at, such as "averaged"; empty for the model's own."""

    @property
    def judged(self) -> bool:
        """Whether the judge gave a probability without reserve."""
        told = self.probability is not None and self.reason is None
        return told and self.state in (State.CLEAR, State.FLAGGED)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Confirmed claims: those that the judge counts first, the strongest of each kind first."""
        found = [outcome for outcome in self.outcomes if isinstance(outcome, Evidence)]
        return tuple(sorted(found, key=lambda claim: (not self.counts(claim), -claim.effect)))

    def counts(self, claim: Evidence) -> bool:
        """Whether a claim moved the look's probability."""
        return self.codes is None or claim.code in self.codes

    @property
    def failures(self) -> int:
        """Probes that raised."""
        return sum(isinstance(outcome, Failed) for outcome in self.outcomes)


def looks_of(events: Iterable[Event], codes: tuple[str, ...] | None = None) -> tuple[LookSummary, ...]:
    """All looks of a run, in the order of its ledger; `codes` of the probes whose evidence its judge counts."""
    events = tuple(events)
    dropped = frozenset(event.snapshot for event in events if isinstance(event, SnapshotDropped))
    return tuple(
        _missed(event) if isinstance(event, LookMissed) else _taken(event, dropped, codes)
        for event in events
        if isinstance(event, LookMissed | LookTaken)
    )


def _missed(event: LookMissed) -> LookSummary:
    return LookSummary(step=event.step, state=State.MISSED, reason=event.reason.words)


def _taken(event: LookTaken, dropped: frozenset[str], codes: tuple[str, ...] | None) -> LookSummary:
    return LookSummary(
        step=event.step,
        state=_state(event),
        probability=event.verdict.probability,
        interval=event.verdict.interval,
        reason=_reserve(event),
        snapshot=event.snapshot,
        stored=event.snapshot not in dropped,
        outcomes=event.outcomes,
        known=event.known,
        asked=event.asked,
        seconds=event.seconds,
        codes=codes,
        saving=event.verdict.saving,
        outside=event.verdict.outside,
        weights=event.weights,
    )


def _reserve(event: LookTaken) -> str | None:
    """Return what keeps the verdict from being taken as it stands: the judge's words, or a failed probe."""
    if (unknown := unknown_words(event.verdict)) is not None:
        return unknown
    failures = [outcome for outcome in event.outcomes if isinstance(outcome, Failed)]
    if not failures:
        return None
    return f"{count(len(failures), 'probe')} failed, the first with {failures[0].error}"


def unknown_words(verdict: Verdict) -> str | None:
    """Why the judge cannot tell, in words; None where it can. All readers of a verdict's reason come here."""
    return verdict.why


def _state(event: LookTaken) -> State:
    """Flagged stays flagged; a verdict with a reserve is never clear, whatever the ledger calls it."""
    if event.status is Status.FLAGGED:
        return State.FLAGGED
    if event.status is Status.UNKNOWN or _reserve(event) is not None:
        return State.UNKNOWN
    return State.CLEAR
