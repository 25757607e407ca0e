"""The monitor for a plain training loop."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, final

from torch import nn

from forewarn.audit.decision import Decision
from forewarn.audit.settings import Settings
from forewarn.auditset import AuditSet
from forewarn.callbacks.asking import Asking
from forewarn.callbacks.monitor import Monitor
from forewarn.callbacks.plan import Plan
from forewarn.errors import BlindMonitor, DeceptionAlarm
from forewarn.helpers import Helper
from forewarn.judges.calibration import Calibration
from forewarn.probes import Probe
from forewarn.records import Response
from forewarn.schedules import Schedule
from forewarn.subjects.layout import Overrides

log = logging.getLogger("forewarn")


@final
class Watch:
    """Watches a model in a loop of one's own: call `step` after each optimiser step.

    With `response="halt"` an alarm raises DeceptionAlarm, after evidence and snapshot are on disk; with
    `graceful_stop=True` it is only returned, and stopping is left to the loop. Use it as a context manager, so
    that the ledger says how the run ended.
    """

    def __init__(  # noqa: PLR0913 - settings, all but two by name
        self,
        model: nn.Module,
        audit_set: AuditSet,
        *,
        tokenizer: Any | None = None,
        every_n_steps: int | Schedule = 100,
        false_alarm: float = 0.05,
        response: str | Response = "halt",
        graceful_stop: bool = False,
        folder: str | Path = "runs",
        name: str = "run",
        helper: Helper | str | Path | None = None,
        budget: float | None = None,
        carry_over: float | None = None,
        probes: Sequence[Probe] | None = None,
        calibration: Calibration | str | Path | None = None,
        overrides: Overrides | None = None,
        keep_newest: int = 3,
        most_missed: int = 3,
        seed: int = 0,
    ) -> None:
        asking = Asking.of(helper, budget, carry_over, calibration)
        settings = Settings.of(
            response,
            false_alarm=false_alarm,
            budget=asking.budget,
            carry_over=asking.carry_over,
            keep_newest=keep_newest,
            most_missed=most_missed,
            seed=seed,
        )
        given = {"response": str(response), "false_alarm": false_alarm, "graceful_stop": graceful_stop}
        plan = Plan(
            audit_set,
            settings,
            every_n_steps,
            asking.calibration,
            asking.helper,
            probes=None if probes is None else tuple(probes),
            overrides=overrides,
            given=given,
        )
        self._monitor, self._graceful_stop, self._at = Monitor(plan), graceful_stop, 0
        self._model, self._tokenizer = model, tokenizer
        self._folder, self._name, self._started = Path(folder), name, False

    @property
    def run(self) -> Path | None:
        """The run's folder, once the first step was told."""
        return self._run

    _run: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("finished" if kind is None else kind.__name__)

    def step(self, step: int, metrics: Mapping[str, float] | None = None) -> Decision | None:
        """Tell the monitor that optimiser step `step` (1, 2, …) is done; it looks when a look is due.

        Raises DeceptionAlarm or BlindMonitor in `halt` mode unless polite.
        """
        self._start(step)
        self._at = step
        if not self._monitor.due(step):
            return None
        return self._carried_out(self._monitor.observe(step, metrics or {}))

    def close(self, reason: str = "finished") -> None:
        """Look a last time if steps were made since the last look, and write the end of the run."""
        try:
            if reason == "finished" and self._started and self._monitor.last_look < self._at:
                self._carried_out(self._monitor.observe(self._at, {}))
        finally:
            self._monitor.finish(self._at, reason)

    def state_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return self._monitor.state()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the ledger of an earlier run; before the first step."""
        self._monitor.restore(state)

    def _start(self, step: int) -> None:
        if not self._started:
            self._started = True
            self._monitor.start(self._model, self._tokenizer, self._folder, self._name, step - 1)
            self._run = self._monitor.run

    def _carried_out(self, decision: Decision | None) -> Decision | None:
        if decision is None:
            return None
        if decision.response is not Response.RECORD:
            log.warning("forewarn at step %d: %s (%s)", self._at, decision.why, self._run)
        if decision.halts and not self._graceful_stop:
            self._monitor.finish(self._at, "halted")
            raise error_of(decision, self._at, self._run)
        return decision


def error_of(decision: Decision, step: int, run: Path | None) -> DeceptionAlarm | BlindMonitor:
    """What a halting decision raises."""
    if decision.alarm is None:
        return BlindMonitor(f"training halted at step {step}: {decision.why}")
    return DeceptionAlarm(step, run or "(no folder)", decision.why)
