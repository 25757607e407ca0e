"""What the judge makes of a look."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.records.interval import Interval
from forewarn.records.reason import Reason, ReasonCode, words_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """A probability with its interval, or the reasons why it is unknown; possibly both.

    It holds both where something failed, and what remains may yet suffice for an alarm. It holds both, too, where
    the look lies outside of the calibration; that never suffices for one. A verdict with a reason in `unknown` is
    never clear.
    """

    probability: float | None
    """Chance that the snapshot deceives in some context, by the calibration; None when nothing was measured.
    It counts what has changed since the run's first look."""
    interval: Interval | None
    """Of the probability, over resampled calibration runs."""
    unknown: tuple[Reason, ...]
    """Why the monitor cannot tell; empty where it can."""
    calibration: str
    """Digest of the calibration used."""

    def __post_init__(self) -> None:
        if (self.probability is None) != (self.interval is None):
            raise ValueError("a verdict's probability and interval come together or not at all")
        if self.probability is None and not self.unknown:
            raise ValueError("a verdict without a probability must say why it is unknown")
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"a probability lies in [0, 1]; found {self.probability}")

    def __repr__(self) -> str:
        found = "" if self.probability is None else f"{self.probability:.2f}"
        interval = "" if self.interval is None else f"interval {self.interval}"
        unknown = "unknown: " + ", ".join(r.code for r in self.unknown) if self.unknown else ""
        return f"<Verdict {'; '.join(part for part in (found, interval, unknown) if part)}>"

    @property
    def why(self) -> str | None:
        """All reasons in one line, for people; None where there is none."""
        return words_of(self.unknown)

    @property
    def saving(self) -> bool:
        """Whether nothing was asked on purpose and nothing else is wrong: unknown, neither clear nor missed."""
        return [reason.code for reason in self.unknown] == [ReasonCode.SAVING]

    @property
    def unchanged(self) -> bool:
        """Whether nothing was measured, since steps were made and the weights are those of the look before."""
        return any(reason.code is ReasonCode.UNCHANGED for reason in self.unknown)

    @property
    def outside(self) -> bool:
        """Whether the look lies outside of what the calibration was made from."""
        return any(reason.outside for reason in self.unknown)


@dataclass(frozen=True, slots=True)
class Alarm:
    """The rule spoke: at most once a segment of a run."""

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
    """False where the run was looked at more often than the calibration covers."""
    snapshot: str
    """Digest of the flagged snapshot."""
