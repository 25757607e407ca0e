"""The rule that is usually used, kept for comparison: a threshold per look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from forewarn.alarms.rule import AlarmState, look_status
from forewarn.records import Alarm, Status, Verdict
from forewarn.stats.conformal import run_threshold


@final
@dataclass(frozen=True, slots=True)
class PerLook:
    """Speaks at the first look that exceeds what single honest looks reach.

    Its level holds for one look. Over a run it promises nothing: the more looks, the more false alarms. No
    alarm of it claims otherwise. Raises CalibrationError when the looks are too few for the level.
    """

    honest_looks: tuple[float, ...]
    """Probability at each honest look of the calibration, as if looks were independent."""
    false_alarm: float
    """Chance of an alarm at one honest look, strictly between 0 and 1."""

    def __post_init__(self) -> None:
        run_threshold(self.honest_looks, self.false_alarm)

    @property
    def threshold(self) -> float:
        """What a probability must strictly exceed."""
        return run_threshold(self.honest_looks, self.false_alarm)

    def update(
        self, state: AlarmState, verdict: Verdict, step: int, snapshot: str
    ) -> tuple[AlarmState, Status, Alarm | None]:
        """See `AlarmRule.update`."""
        threshold = self.threshold
        state, status = state.after(verdict), look_status(verdict, threshold)
        if status is not Status.FLAGGED or state.alarm_step is not None or verdict.probability is None:
            return state, status, None
        alarm = Alarm(
            step=step,
            probability=verdict.probability,
            threshold=threshold,
            false_alarm=self.false_alarm,
            honest_runs=0,
            promise_holds=False,
            snapshot=snapshot,
        )
        return replace(state, alarm_step=step), status, alarm
