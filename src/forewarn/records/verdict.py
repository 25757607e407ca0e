"""What the judge makes of a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from forewarn.records.interval import Interval

SAVING: Final = "not looked: the helper saved its budget for a later look"
"""Reason of a look at which a helper asked nothing, where the calibration was made from looks of the same one."""
OUTSIDE: Final = "outside of the calibration: "
"""What reasons begin with that say so."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A probability with its interval, or `unknown` with its reason; possibly both.

    Both: something failed or lies outside the calibration, yet what remains may suffice for an alarm.
    A verdict with a reason in `unknown` is never clear.
    """

    probability: float | None
    """Chance that the snapshot deceives in some context, by the calibration; None when nothing was measured."""
    interval: Interval | None
    """Of the probability, over resampled calibration runs."""
    unknown: str | None
    """Why the monitor cannot tell, or None."""
    calibration: str
    """Digest of the calibration used."""

    def __post_init__(self) -> None:
        if (self.probability is None) != (self.interval is None):
            raise ValueError("a verdict's probability and interval come together or not at all")
        if self.probability is None and self.unknown is None:
            raise ValueError("a verdict without a probability must say why it is unknown")
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"a probability lies in [0, 1]; found {self.probability}")

    @property
    def saving(self) -> bool:
        """Whether nothing was asked on purpose and nothing else is wrong: unknown, neither clear nor missed."""
        return self.unknown == SAVING

    @property
    def outside(self) -> bool:
        """Whether the look lies outside of what the calibration was made from."""
        return OUTSIDE in (self.unknown or "")


@dataclass(frozen=True, slots=True)
class Alarm:
    """The rule spoke: at most once a run."""

    step: int
    """Training step of the look that crossed the threshold."""
    probability: float
    """The verdict that crossed it."""
    threshold: float
    """What it had to exceed."""
    false_alarm: float
    """The promised chance of any alarm over a whole honest run."""
    honest_runs: int
    """Calibration runs behind that promise."""
    promise_holds: bool
    """False where the run has gone beyond what the calibration covers, such as its number of looks."""
    snapshot: str
    """Digest of the flagged snapshot."""
