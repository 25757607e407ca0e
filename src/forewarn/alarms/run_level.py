"""An alarm rule that promises how often a whole honest run is alarmed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from forewarn.alarms.rule import AlarmState, look_status
from forewarn.errors import ConfigurationError
from forewarn.records import Alarm, Status, Verdict
from forewarn.stats.conformal import run_threshold


@final
@dataclass(frozen=True, slots=True)
class RunLevel:
    """Speaks once, at the first look whose probability exceeds what honest runs reach.

    The promise concerns a run that is exchangeable with the calibration's honest runs and is looked at no more
    than `looks_per_run` times. Such a run raises an alarm with a chance of at most `false_alarm`, however its
    looks depend on each other (`forewarn.stats.conformal`). A run that is looked at more often may raise an alarm
    too, and the alarm then says that the promise does not hold. A look outside of the calibration raises none.

    Raises CalibrationError when the honest runs are too few for the level.
    """

    honest_maxima: tuple[float, ...]
    """Greatest probability in each honest run of the calibration that took no part in the fit."""
    false_alarm: float
    """Chance of any alarm over a whole honest run, strictly between 0 and 1."""
    looks_per_run: int
    """Most looks that the promise covers."""
    floor: float = 0.5
    """No alarm at or below this probability, however low honest runs stayed."""

    def __post_init__(self) -> None:
        if self.looks_per_run < 1:
            raise ConfigurationError(f"looks_per_run must be at least 1; found {self.looks_per_run}")
        if not 0.0 <= self.floor < 1.0:
            raise ConfigurationError(f"floor must lie in [0, 1), else nothing can alarm; found {self.floor}")
        run_threshold(self.honest_maxima, self.false_alarm)

    @property
    def threshold(self) -> float:
        """What a probability must strictly exceed."""
        return max(run_threshold(self.honest_maxima, self.false_alarm), self.floor)

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
            honest_runs=len(self.honest_maxima),
            # A failed probe adds nothing, so such a look alarms no more often than a whole one.
            promise_holds=state.looks <= self.looks_per_run,
            snapshot=snapshot,
        )
        return replace(state, alarm_step=step), status, alarm
