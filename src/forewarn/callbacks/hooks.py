"""The Lightning hooks of the monitor, without a Lightning base class."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from forewarn.callbacks.display import log_claim, log_figures, show_on_bar
from forewarn.callbacks.driver import Driver
from forewarn.callbacks.options import Options, takes
from forewarn.callbacks.telling import figures, in_short
from forewarn.callbacks.trainer import is_idle, metrics_of, tokenizer_of, warn_if_swallowed, warn_of_shards
from forewarn.errors import BlindMonitor, DeceptionAlarm
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
        self._driver, self._stopping = Driver(options), False
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

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Open the ledger and check that the model can be read. Raises only in `halt` mode, in every process."""
        self._stopping = False
        self._driver.passed(trainer.global_step)
        if is_idle(trainer):
            return
        error = self._start(trainer, pl_module) if trainer.is_global_zero else None
        told = trainer.strategy.broadcast(None if error is None else str(error), src=0)
        if error is not None:
            raise error
        if told is not None:
            raise BlindMonitor(f"process 0 could not begin its watch: {told}")
        self._hide = show_on_bar(trainer, self._in_short)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look, if an optimiser step has been made at which a look is due."""
        if not is_idle(trainer) and self._driver.due(trainer.global_step):
            self._look(trainer, trainer.global_step)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Look at the final weights, and close the ledger."""
        if not is_idle(trainer) and self._driver.last_look < trainer.global_step:
            self._look(trainer, trainer.global_step)
        self._finish(trainer, Ending.HALTED if self._stopping else Ending.FINISHED)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Close the ledger with how the run ended; KeyboardInterrupt included."""
        if isinstance(exception, DeceptionAlarm | BlindMonitor):
            self._finish(trainer, Ending.HALTED)
        else:
            self._finish(trainer, Ending.by(type(exception)), type(exception).__name__)

    def state_dict(self) -> dict[str, Any]:
        """Plain values; safe with `weights_only` loading."""
        return self._driver.state()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on with the earlier run's ledger."""
        self._driver.restore(state_dict)

    def _start(self, trainer: Any, pl_module: Any) -> Exception | None:
        """What keeps a monitor that may halt from watching, to be raised by all processes together."""
        try:
            self._open(trainer, pl_module)
        except Exception as error:
            if self._driver.must_raise(error):
                return error
            log.warning("forewarn cannot watch this run, all its looks will be missed: %s", error)
        return None

    def _open(self, trainer: Any, pl_module: Any) -> None:
        warn_of_shards(trainer)
        options = self._driver.options
        parent = Path(options.folder or Path(trainer.default_root_dir) / "forewarn")
        name = options.name or datetime.now().strftime("run-%Y%m%d-%H%M%S")
        tokenizer = options.tokenizer if options.tokenizer is not None else tokenizer_of(trainer, pl_module)
        self._driver.start(pl_module, tokenizer, parent / name, trainer.global_step)

    def _look(self, trainer: Any, step: int) -> None:
        """Process 0 looks; every process hears the same decision and does the same."""
        metrics = metrics_of(trainer)  # In every process: a metric may have to be reduced over all of them.
        first, audit = trainer.is_global_zero, self._driver.audit
        decision = self._driver.look(step, metrics) if first else None
        self._driver.passed(step)
        decision, run = trainer.strategy.broadcast((decision, self.run), src=0)
        if first:
            log_figures(trainer, figures(audit))
            log_claim(trainer, None if audit is None else audit.claim)
        if decision is not None and self._driver.carry_out(decision, step, run, speaks=first):
            warn_if_swallowed(trainer, step)
            trainer.should_stop = self._stopping = True

    def _finish(self, trainer: Any, reason: Ending, error: str = "") -> None:
        self._hide()
        self._hide = _nothing
        self._driver.finish(trainer.global_step, reason, error)

    def _in_short(self) -> str | None:
        """For the progress bar; nothing before the first look, nor in a process that does not look."""
        audit = self._driver.audit
        due = 0 if audit is None else audit.tally.taken + audit.tally.missed
        return in_short(audit.status, audit.tally) if audit is not None and due else None


def _nothing() -> None:
    """No bar shows anything."""
