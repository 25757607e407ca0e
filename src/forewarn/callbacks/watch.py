"""The monitor for a plain training loop."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, final

from torch import nn

from forewarn.audit.decision import Decision
from forewarn.callbacks.driver import Driver
from forewarn.callbacks.options import Options, takes
from forewarn.errors import BlindMonitor, ConfigurationError, DeceptionAlarm
from forewarn.records import Ending, Reason, ReasonCode

log = logging.getLogger("forewarn")


@final
class Watch:
    """Watches a model in a loop of one's own: call `step` after each optimiser step.

    `Watch(model, audit_set, every_n_steps=100, ...)` takes the options that `forewarn.callbacks.options.Options`
    lists. With `response="halt"` an alarm raises DeceptionAlarm, after evidence and snapshot are on disk; with
    `graceful_stop=True` the decision is only returned, and stopping is left to the loop. Use it as a context
    manager, so that the ledger says how the run ended.
    """

    @takes(Options)
    def __init__(self, model: nn.Module, options: Options) -> None:
        self._driver, self._model = Driver(options), model
        self._started, self._stopping, self._went_back, self._at = False, False, False, 0

    @property
    def run(self) -> Path | None:
        """The run's folder, once the first step was told."""
        return self._driver.run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(kind)

    def step(self, step: int, metrics: Mapping[str, float] | None = None) -> Decision | None:
        """Tell the monitor that optimiser step `step` (1, 2, …) is done; it looks when a look is due.

        Raises DeceptionAlarm or BlindMonitor in `halt` mode, unless `graceful_stop` was given.
        """
        if self._started and step < self._at:
            return self._go_back(step)
        self._start(step)
        self._at = step
        return self._look(step, metrics or {}) if self._driver.due(step) else None

    def close(self, error: type[BaseException] | None = None) -> None:
        """Look a last time if steps were made since the last look, and write the end of the run.

        `error` is the type of the exception that the loop was left with, if any; then there is no last look.
        """
        try:
            if error is None and self._driver.audit is not None and self._driver.last_look < self._at:
                self._look(self._at, {})
        finally:
            name = "" if error is None else error.__name__
            halted = self._stopping and error is None
            self._driver.finish(self._at, Ending.HALTED if halted else Ending.by(error), name)

    def state_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return self._driver.state()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the ledger of an earlier run; before the first step."""
        self._driver.restore(state)

    def _go_back(self, step: int) -> Decision | None:
        """Looks are due by steps of the whole run: where the count begins again, none would ever be due."""
        words = (
            f"step {step} was told after step {self._at}: count optimiser steps over the whole run, not within an "
            "epoch, and make a new Watch for another run"
        )
        if self._driver.halts:
            raise ConfigurationError(words)
        if not self._went_back:
            self._went_back = True
            log.warning("forewarn looks no more: %s", words)
            return self._driver.miss(self._at, Reason(ReasonCode.NOT_STARTED, words))
        return None

    def _start(self, step: int) -> None:
        if not self._started:
            self._started, options = True, self._driver.options
            name = options.name or datetime.now().strftime("run-%Y%m%d-%H%M%S")
            folder = Path(options.folder or "runs") / name
            self._driver.start(self._model, options.tokenizer, folder, step - 1)

    def _look(self, step: int, metrics: Mapping[str, float]) -> Decision | None:
        decision = self._driver.look(step, metrics)
        try:
            if decision is not None:
                self._stopping |= self._driver.carry_out(decision, step, self.run)
        except (DeceptionAlarm, BlindMonitor):
            self._driver.finish(step, Ending.HALTED)
            raise
        return decision
