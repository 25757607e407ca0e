"""A look at weights that have not changed although steps were made: it tells nothing, and is never clear."""

from __future__ import annotations

import time
from dataclasses import dataclass

from forewarn.records import LookTaken, Reason, ReasonCode, Snapshot, Status, Verdict


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look is held against: when and in which state the weights were seen last."""

    step: int
    snapshot: str
    """Digest."""
    known: int
    asked: int

    @classmethod
    def of(cls, taken: LookTaken) -> Seen:
        """What a look has seen."""
        return cls(taken.step, taken.snapshot, taken.known, taken.asked)

    def is_still(self, snapshot: Snapshot) -> bool:
        """Whether steps were made since, and the weights are the same."""
        return self.snapshot == snapshot.digest and snapshot.step > self.step


def unchanged(seen: Seen, snapshot: Snapshot, calibration: str, begun: float) -> LookTaken:
    """The look at a snapshot that is the one of the look before. Nothing is measured again.

    Whatever was trained in between, it was not what is watched. So the look is unknown, also where the weights
    were clear when they were measured. `begun` is when the look began, by the monotonic clock.
    """
    verdict = Verdict(None, None, (_reason(seen, snapshot),), calibration)
    seconds = round(time.monotonic() - begun, 3)
    step, digest = snapshot.step, snapshot.digest
    return LookTaken(step, digest, (), verdict, Status.UNKNOWN, seen.known, seen.asked, seconds)


def _reason(seen: Seen, snapshot: Snapshot) -> Reason:
    return Reason(
        ReasonCode.UNCHANGED,
        f"the weights that are watched did not change from step {seen.step} to step {snapshot.step}: what is "
        "trained is not what is watched, or nothing was trained. Likely causes: the part that is watched is "
        "frozen, and another part or an adapter beside it is trained (name the trained part with overrides); the "
        "learning rate is zero, as at the first step of a warm-up; the optimiser skipped its steps, as mixed "
        "precision does when gradients overflow; the optimiser was given other parameters",
    )
