"""The Lightning hooks of the monitor, without a Lightning base class."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from forewarn.audit.decision import Decision
from forewarn.audit.scribe import attempt
from forewarn.callbacks.display import log_claim, log_figures, show_on_bar
from forewarn.callbacks.doorway import takes
from forewarn.callbacks.driver import Driver
from forewarn.callbacks.messages import figures, in_short
from forewarn.callbacks.options import Options
from forewarn.callbacks.timetable import FOREIGN
from forewarn.callbacks.trainer import (
    is_idle,
    metrics_of,
    notes_on,
    owners_of,
    stepped_by,
    tokenizer_of,
    waits_for,
    warn_if_swallowed,
    warn_of_another_state,
    warn_of_shards,
)
from forewarn.errors import BlindMonitor, ConfigurationError
from forewarn.records import Ending

log = logging.getLogger("forewarn")


class MonitorHooks:
    """Watches a LightningModule while it trains and warns before it deceives.

    `DeceptionMonitor(audit_set, every_n_steps=100, ...)` takes the options that
    `forewarn.callbacks.options.Options` lists. Several monitors in one Trainer must differ in name: give each a
    `name`.
    """

    @takes(Options)
    def __init__(self, options: Options) -> None:
        self._driver, self._stopping, self._halting = Driver(options), False, False
        self._open = False
        """Whether a run is being watched that has not been closed."""
        self._metrics: Mapping[str, Any] = {}
        self._foreign = False
        """Whether the state that comes next was not loaded in order to go on training."""
        self._hide = _nothing

    def __getstate__(self) -> dict[str, Any]:
        """A copy shows nothing on the bar of the trainer that it was copied from."""
        return {**vars(self), "_hide": _nothing}

    @property
    def run(self) -> Path | None:
        """The run's folder on the process that writes it, once training has begun."""
        return self._driver.run

    @property
    def state_key(self) -> str:
        """Tells several monitors in one trainer apart, and finds a monitor's state again in a checkpoint.

        It is of the name alone, so that a monitor whose settings have changed finds what it was promised before.
        """
        return f"DeceptionMonitor{ {'name': self._driver.options.name} }"

    def on_load_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: Mapping[str, Any]) -> None:
        """See whether the state that follows is one to go on with; say where it is another monitor's."""
        trains = trainer.state.fn == "fit"
        if trains:
            warn_of_another_state(trainer, self.state_key, checkpoint)
        self._foreign = not trains and self.state_key in (checkpoint.get("callbacks") or {})

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Open the ledger, check that the model can be read, and take the first look.

        Raises only in `halt` mode, in every process.
        """
        self._stopping, self._halting, self._metrics = False, False, {}
        self._driver.passed(trainer.global_step)
        if is_idle(trainer):
            return
        error, decision = self._start(trainer, pl_module) if trainer.is_global_zero else (None, None)
        words = None if error is None else str(error)
        told, decision, run = trainer.strategy.broadcast((words, decision, self.run), src=0)
        if error is not None:
            raise error
        if told is not None:
            raise BlindMonitor(f"process 0 could not begin its watch: {told}")
        self._open = True
        self._hide = show_on_bar(trainer, self._in_short, self._name_among(trainer))
        self._carry_out(trainer, trainer.global_step, decision, run)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look, if an optimiser step has been made at which a look is due."""
        if not is_idle(trainer) and self._is_due(trainer):
            owners = owners_of(trainer, pl_module)
            self._look(trainer, lambda step, metrics: self._driver.look(step, metrics, owners))

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Look at the weights as training has left them."""
        self._metrics = metrics_of(trainer)
        if not is_idle(trainer) and self._driver.last_look < trainer.global_step:
            self._look(trainer, self._driver.look)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Look at the weights that the finished model holds, where they have been swapped since; close the ledger.

        Callbacks and the module itself put averaged weights in when training ends, before or after this monitor.
        """
        if stage != "fit" or not self._open:
            return
        if not is_idle(trainer):
            self._look(trainer, self._driver.look_last)
        self._finish(trainer, Ending.HALTED if self._stopping else Ending.FINISHED)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Close the ledger with how the run ended; KeyboardInterrupt included.

        A halt that another monitor asked for is an exception like others to this one.
        """
        if self._halting:
            self._finish(trainer, Ending.HALTED)
        else:
            self._finish(trainer, Ending.by(type(exception)), type(exception).__name__)

    def state_dict(self) -> dict[str, Any]:
        """Plain values; safe with `weights_only` loading."""
        return self._driver.state()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on with the earlier run's ledger, if training goes on.

        What `trainer.validate(ckpt_path=...)` and the like load is left aside: the next `fit` may be of another
        model. ConfigurationError in `halt` mode for a state that is none; in others a new ledger is begun.
        """
        foreign, self._foreign = self._foreign, False
        if foreign:
            return
        try:
            self._driver.restore(state_dict)
        except ConfigurationError as error:
            if self._driver.halts:
                raise
            log.warning("forewarn begins a new ledger: %s", error)

    def _start(self, trainer: Any, pl_module: Any) -> tuple[BaseException | None, Decision | None]:
        """What keeps a monitor that may halt from watching, to be raised by all processes together."""
        try:
            self._begin(trainer, pl_module)
            step, waits = trainer.global_step, waits_for(trainer)
            decision = self._driver.rehearse(step, None, notes_on(trainer), waits)
        except FOREIGN as error:
            if self._driver.must_raise(error):
                self._halting = isinstance(error, BlindMonitor)
                return error, None
            log.warning("forewarn cannot watch this run, all its looks will be missed: %s", error)
            return None, None
        audit = self._driver.audit
        if audit is not None and audit.last is not None:
            self._show(trainer)
        return None, decision

    def _begin(self, trainer: Any, pl_module: Any) -> None:
        warn_of_shards(trainer)
        options = self._driver.options
        parent = Path(options.folder or Path(trainer.default_root_dir) / "forewarn")
        name = options.name or datetime.now().strftime("run-%Y%m%d-%H%M%S")
        tokenizer = options.tokenizer if options.tokenizer is not None else tokenizer_of(trainer, pl_module)
        self._driver.start(pl_module, tokenizer, parent / name, trainer.global_step, stepped_by(trainer))

    def _is_due(self, trainer: Any) -> bool:
        """Whether a look is due; process 0 says so where a schedule of the user's may say otherwise in others."""
        due = self._driver.due(trainer.global_step)
        if self._driver.times.shared or trainer.world_size == 1:
            return due
        return bool(trainer.strategy.broadcast(due, src=0))

    def _look(self, trainer: Any, look: Callable[[int, Any], Decision | None]) -> None:
        """Process 0 looks; every process hears the same decision and does the same."""
        # In every process: a metric may have to be reduced over all of them.
        step, metrics = trainer.global_step, self._metrics or metrics_of(trainer)
        first, before = trainer.is_global_zero, self._driver.looks
        decision, error = None, None
        if first:
            try:
                decision = look(step, metrics)
            except BaseException as raised:
                # The others wait for the decision: they must hear that none comes.
                error = raised
        self._driver.passed(step)
        words = None if error is None else f"{type(error).__name__}: {error}"
        told, decision, run = trainer.strategy.broadcast((words, decision, self.run), src=0)
        if error is not None:
            raise error
        if told is not None:
            raise BlindMonitor(f"process 0 broke off its look at step {step}: {told}")
        if first and self._driver.looks != before:
            self._show(trainer)
        self._carry_out(trainer, step, decision, run)

    def _carry_out(self, trainer: Any, step: int, decision: Decision | None, run: Path | None) -> None:
        if decision is None:
            return
        self._halting = decision.halts and not self._driver.options.graceful_stop
        if self._driver.carry_out(decision, step, run, speaks=trainer.is_global_zero):
            warn_if_swallowed(trainer, step)
            trainer.should_stop = self._stopping = True

    def _show(self, trainer: Any) -> None:
        """Give the last look to the loggers."""
        audit, name = self._driver.audit, self._name_among(trainer)
        # The decision is carried out whatever becomes of the figures.
        attempt("log the figures of a look", lambda: log_figures(trainer, figures(audit), name))
        attempt("log a claim", lambda: log_claim(trainer, None if audit is None else audit.claim, name))

    def _name_among(self, trainer: Any) -> str:
        """The monitor's name where the trainer has several, so that each is told apart; else nothing."""
        several = sum(isinstance(callback, MonitorHooks) for callback in trainer.callbacks) > 1
        return (self._driver.options.name or "") if several else ""

    def _finish(self, trainer: Any, reason: Ending, error: str = "") -> None:
        self._open = False
        self._hide()
        self._hide = _nothing
        self._driver.finish(trainer.global_step, reason, error)

    def _in_short(self) -> str | None:
        """For the progress bar; nothing before the first look, nor in a process that does not look."""
        audit = self._driver.audit
        return in_short(audit.status, audit.tally) if audit is not None and self._driver.looks else None


def _nothing() -> None:
    """No bar shows anything."""
