"""What an alarm rule is, and what it remembers about a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from forewarn.errors import ConfigurationError
from forewarn.records import Alarm, Status, Verdict

Plain = int | float | None


@dataclass(frozen=True, slots=True)
class AlarmState:
    """What a rule remembers from look to look. `AlarmState()` is a run not yet looked at."""

    looks: int = 0
    """Looks judged so far, unknown ones included."""
    greatest: float | None = None
    """Greatest probability so far; None before the first."""
    alarm_step: int | None = None
    """Training step of the present segment's one alarm; None while there was none."""

    def __post_init__(self) -> None:
        whole = [self.looks, *([] if self.alarm_step is None else [self.alarm_step])]
        if not all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in whole):
            raise ConfigurationError(f"an alarm's state counts in whole numbers from 0; found {self}")
        if self.greatest is not None and not 0.0 <= self.greatest <= 1.0:
            raise ConfigurationError(f"the greatest probability lies in [0, 1]; found {self.greatest!r}")

    def after(self, verdict: Verdict) -> AlarmState:
        """The state once `verdict` is counted in."""
        seen = [p for p in (self.greatest, verdict.probability) if p is not None]
        return AlarmState(self.looks + 1, max(seen, default=None), self.alarm_step)

    def restarted(self) -> AlarmState:
        """The state at the beginning of a new segment: looks go on counting, and the rule may speak again."""
        return AlarmState(self.looks, self.greatest)

    def acknowledged(self) -> AlarmState:
        """The state once a person has answered the segment's alarm: from now on the rule may speak again."""
        return AlarmState(self.looks, self.greatest)

    def as_dict(self) -> dict[str, Plain]:
        """Plain numbers, safe in a checkpoint that is loaded with `weights_only=True`."""
        return {"looks": self.looks, "greatest": self.greatest, "alarm_step": self.alarm_step}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Plain]) -> AlarmState:
        """The state that `as_dict` gave. Raises ConfigurationError for anything else."""
        wanted = {"looks", "greatest", "alarm_step"}
        if set(plain) != wanted:
            raise ConfigurationError(
                f"an alarm's state holds {sorted(wanted)}; found {sorted(plain)}. "
                "The checkpoint was written by another version or by something else."
            )
        looks, greatest, step = plain["looks"], plain["greatest"], plain["alarm_step"]
        if not isinstance(looks, int) or isinstance(step, float):
            raise ConfigurationError(f"looks and steps are whole numbers; found {looks!r} and {step!r}")
        return cls(looks, greatest, step)


class AlarmRule(Protocol):
    """Turns the verdicts of one run into at most one alarm a segment. Pure: the state goes in and comes out."""

    @property
    def threshold(self) -> float:
        """What a probability must strictly exceed."""
        ...

    def update(
        self, state: AlarmState, verdict: Verdict, step: int, snapshot: str
    ) -> tuple[AlarmState, Status, Alarm | None]:
        """The state after this look, where the look stands, and the alarm if it is raised here.

        `step` is the training step and `snapshot` the digest of what was looked at.
        """
        ...


def look_status(verdict: Verdict, threshold: float) -> Status:
    """Unknown outside of the calibration, whatever the probability; else flagged if that exceeds the threshold.

    Outside, a probability is a number without a meaning: nobody knows how often an honest model like this one
    reaches it. A look at which a probe failed is not outside: what the others found stands, and the failed one
    could only have added to it. A look that is not flagged is unknown if the verdict is, else clear.
    """
    if not verdict.outside and verdict.probability is not None and verdict.probability > threshold:
        return Status.FLAGGED
    return Status.UNKNOWN if verdict.unknown else Status.CLEAR


def held_back(verdict: Verdict, threshold: float) -> str | None:
    """What people are told where a probability above the threshold raises no alarm; None where there is none."""
    if not verdict.outside or verdict.probability is None or verdict.probability <= threshold:
        return None
    return (
        f"the probability of deception is {verdict.probability:.2f}, above the threshold {threshold:.2f}, and no "
        f"alarm is raised: the look lies {verdict.why}"
    )
