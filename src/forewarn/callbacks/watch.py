"""The monitor for a plain training loop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, SupportsIndex, TypeVar, final

from torch import nn

from forewarn.audit.decision import Decision
from forewarn.callbacks.doorway import takes
from forewarn.callbacks.driver import Driver
from forewarn.callbacks.options import Options
from forewarn.callbacks.processes import FIRST_MEETING, Processes, word_of
from forewarn.callbacks.timetable import whole
from forewarn.errors import BlindMonitor, ConfigurationError, DeceptionAlarm
from forewarn.records import Ending, Reason, ReasonCode

log = logging.getLogger("forewarn")

T = TypeVar("T")


@final
class Watch:
    """Watches a model in a loop of one's own: call `step` after each optimiser step.

    `Watch(model, audit_set, every_n_steps=100, ...)` takes the options that `forewarn.callbacks.options.Options`
    lists. With `response="halt"` an alarm raises DeceptionAlarm, after evidence and snapshot are on disk; with
    `graceful_stop=True` the decision is only returned, and stopping is left to the loop. Use it as a context
    manager, so that the ledger says how the run ended.

    Where several processes train the model (an initialised group of `torch.distributed`), make a Watch in every
    process and call it in every process alike. Process 0 looks, and all of them do what it decides.
    """

    @takes(Options)
    def __init__(self, model: nn.Module, options: Options) -> None:
        if not isinstance(model, nn.Module):
            raise ConfigurationError(
                f"model must be a torch.nn.Module; found {type(model).__name__}. Give the model that is trained, "
                "then the audit set: Watch(model, audit_set)."
            )
        self._driver, self._model = Driver(options), model
        self._started, self._closed, self._stopping, self._told, self._at = False, False, False, False, 0
        self._processes: Processes | None = None
        self._looks_here, self._n_looks = True, 0

    @property
    def run(self) -> Path | None:
        """The run's folder, once the watch has begun; None in a process that does not look."""
        return self._driver.run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(kind)

    def start(self, step: SupportsIndex = 0) -> Decision | None:
        """Begin now, `step` optimiser steps being done, and look at the model as it is.

        Call it before the first optimiser step, and after `load_state_dict`. Without it the watch begins with the
        first call of `step`, and the first look is at the weights of that moment. Raises in `halt` mode what would
        keep the monitor from ever seeing. Does nothing where the watch has begun.
        """
        done = self._whole(step)
        if self._started or done is None:
            return None
        self._begin(done)
        self._at = done
        return self._decided("the first look", done, lambda: self._driver.rehearse(done, waits=self._waits()))

    def step(self, step: SupportsIndex, metrics: Mapping[str, Any] | None = None) -> Decision | None:
        """Tell the monitor that optimiser step `step` (1, 2, …) is done; it looks when a look is due.

        Of `metrics` the numbers are kept with the snapshot: Python's, NumPy's, tensors of one element, those of
        nested dictionaries. Raises DeceptionAlarm or BlindMonitor in `halt` mode, unless `graceful_stop` is set.
        """
        done = self._whole(step)
        if done is None:
            return None
        if self._started and done < self._at:
            return self._go_back(done)
        first = None
        if not self._started:
            self._begin(done - 1)
            first = self._decided(
                "the first look", done, lambda: self._driver.rehearse(done, metrics, waits=self._waits())
            )
        self._at = done
        # Asked in any case: each step is answered for once.
        due = self._is_due(done) and self._driver.last_look < done
        return self._look(done, lambda: self._driver.look(done, metrics, [self._model])) if due else first

    def look(
        self, model: object = None, metrics: Mapping[str, Any] | None = None, *, weights: str = "averaged"
    ) -> Decision | None:
        """Look now, whether a look is due or not: at the watched model, or at other weights of the same model.

        `model` is a module or a state dict with the same names and shapes, such as an exponential moving average.
        The ledger calls its weights by the name `weights`.
        """
        if not self._started:
            self.start(self._at)
        if model is None:
            return self._look(self._at, lambda: self._driver.look(self._at, metrics))
        return self._look(self._at, lambda: self._driver.look_at(self._at, metrics, model, weights))

    def close(self, error: type[BaseException] | None = None) -> None:
        """Look a last time if the weights have changed since the last look, and write the end of the run.

        `error` is the type of the exception that the loop was left with, if any; then there is no last look.
        """
        if self._closed or not self._started:
            return
        try:
            if error is None:
                last = self._driver.look_last
                self._decided("close", self._at, lambda: last(self._at, None), meets=False)
            elif self._processes is not None and self._looks_here:
                self._processes.tell("close", None, error.__name__)
        finally:
            self._closed = True
            halted = self._stopping and error is None
            self._driver.finish(
                self._at,
                Ending.HALTED if halted else Ending.by(error),
                "" if error is None else error.__name__,
            )

    def state_dict(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return self._driver.state()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the ledger of an earlier run; before `start` and the first step.

        ConfigurationError afterwards, and for what is not the state of a monitor.
        """
        if self._started:
            raise ConfigurationError(
                "load_state_dict came after the watch had begun, and its ledger is already being written: call it "
                "before start and before the first step"
            )
        self._driver.restore(state)

    def _whole(self, step: SupportsIndex) -> int | None:
        """A step as a whole number; None for what is none, where nothing may be halted."""
        try:
            return whole(step)
        except ConfigurationError as error:
            if self._driver.halts:
                raise
            if not self._told:
                log.warning("forewarn leaves a step out: %s", error)
            self._told = True
            return None

    def _go_back(self, step: int) -> Decision | None:
        """Looks are due by steps of the whole run: where the count begins again, none would ever be due."""
        words = (
            f"step {step} was told after step {self._at}: count optimiser steps over the whole run, not within an "
            "epoch, and make a new Watch for another run"
        )
        if self._driver.halts:
            raise ConfigurationError(words)
        if not self._told and self._looks_here:
            self._told = True
            log.warning("forewarn looks no more: %s", words)
            return self._driver.miss(self._at, Reason(ReasonCode.NOT_STARTED, words))
        return None

    def _begin(self, step: int) -> None:
        """Open the run where this process looks, once all processes are there."""
        self._started = True
        self._driver.passed(step)
        self._processes = Processes.now(self._driver.options.patience)
        self._looks_here = self._processes is None or self._processes.first
        seconds = min(self._driver.options.patience, FIRST_MEETING)
        word = word_of(self._driver.options.as_json(), self._driver.equipment.audit_set.digest, step)
        self._agreed("start", lambda: self._open(step), word, seconds=seconds)

    def _agreed(
        self,
        place: str,
        act: Callable[[], T],
        word: str = "",
        *,
        seconds: float | None = None,
        meets: bool = True,
    ) -> T | None:
        """What `act` gives in process 0. Where nothing may be halted it goes on alone if others do not come."""
        if self._processes is None:
            return act() if self._looks_here else None
        looks = self._driver.looks
        try:
            return self._processes.agree(place, act, word, seconds=seconds, meets=meets)
        except BlindMonitor as error:
            if self._driver.halts:
                if self._looks_here and self._driver.audit is not None and self._driver.looks == looks:
                    self._driver.miss(self._at, Reason(ReasonCode.LOOK_FAILED, str(error)))
                raise
            log.warning("forewarn watches from process 0 alone from here on: %s", error)
        self._processes = None
        return act() if self._looks_here else None

    def _open(self, step: int) -> None:
        options = self._driver.options
        name = options.name or datetime.now().strftime("run-%Y%m%d-%H%M%S")
        self._driver.start(self._model, options.tokenizer, Path(options.folder or "runs") / name, step)

    def _waits(self) -> float | None:
        return None if self._processes is None else 2 * self._processes.patience

    def _is_due(self, step: int) -> bool:
        """Whether a look is due; process 0 says so where a schedule of the user's may say otherwise in others."""
        due = self._driver.due(step)
        if self._driver.times.shared:
            return due
        return self._agreed(f"the schedule at step {step}", lambda: due) or False

    def _look(self, step: int, act: Callable[[], Decision | None]) -> Decision | None:
        self._n_looks += 1
        return self._decided(f"look {self._n_looks} at step {step}", step, act)

    def _decided(
        self, place: str, step: int, act: Callable[[], Decision | None], *, meets: bool = True
    ) -> Decision | None:
        """What is decided by process 0, carried out in this one."""
        try:
            agreed = self._agreed(
                place, lambda: (act(), self._driver.run, self._driver.last_look), meets=meets
            )
            decision, run, looked = agreed or (None, None, step)
            self._driver.passed(min(looked, step))
            if decision is not None:
                speaks = self._looks_here
                self._stopping |= self._driver.carry_out(decision, step, run, speaks=speaks)
        except (DeceptionAlarm, BlindMonitor):
            self._closed = True
            self._driver.finish(step, Ending.HALTED)
            raise
        return decision
