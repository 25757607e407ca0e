"""The Lightning hooks of the monitor, without a Lightning base class."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from forewarn.audit.decision import Decision
from forewarn.audit.settings import Settings
from forewarn.auditset import AuditSet
from forewarn.callbacks.asking import Asking
from forewarn.callbacks.monitor import Monitor
from forewarn.callbacks.plan import Plan
from forewarn.callbacks.watch import error_of
from forewarn.errors import BlindMonitor, DeceptionAlarm
from forewarn.helpers import Helper
from forewarn.judges.calibration import Calibration
from forewarn.probes import Probe
from forewarn.records import Response
from forewarn.schedules import Schedule
from forewarn.subjects.layout import Overrides

log = logging.getLogger("forewarn")
SHARDED = ("FSDP", "ModelParallel", "DeepSpeed")
"""Strategies under which no process holds whole weights."""


class MonitorHooks:
    """Watches a LightningModule while it trains and warns before it deceives.

    Args:
        audit_set: what it may ask.
        every_n_steps: when to look, in optimiser steps, or a Schedule. The last step is looked at besides.
        false_alarm: promised chance of any alarm over a whole honest run.
        response: `record`, `flag` (also warn), or `halt` (raise DeceptionAlarm; the default).
        polite: halt by setting `trainer.should_stop` instead; Lightning then ends the run as if it were done.
        dirpath: where run folders are made; `default_root_dir/forewarn` by default.
        name: of the run folder; the time by default.
        tokenizer: anything with `encode`; found on the module or its datamodule as `tokenizer` by default.
        helper: which questions to ask: a Helper or the folder of a stored one; the shipped one by default.
        budget: most forward passes over the audit set that a look adds; as the helper's folder says by default.
        carry_over: most that looks may save for later ones; the same.
        probes: what can be asked; all that are installed by default.
        calibration: a Calibration or the path of one; the helper's own by default.
        overrides: names of the model's parts, where they are not found.
        keep_newest: snapshots kept besides flagged ones, the first and the last clear one.
        most_missed: looks missed in a row at which `halt` stops the run: unknown is not clear.
        seed: decides which facts are explored and which confirm.
    """

    def __init__(  # noqa: PLR0913 - settings, all but one by name
        self,
        audit_set: AuditSet,
        *,
        every_n_steps: int | Schedule = 100,
        false_alarm: float = 0.05,
        response: str | Response = "halt",
        graceful_stop: bool = False,
        dirpath: str | Path | None = None,
        name: str | None = None,
        tokenizer: Any | None = None,
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
        given = {
            "every_n_steps": str(every_n_steps),
            "response": str(response),
            "graceful_stop": graceful_stop,
        }
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
        self._monitor, self._graceful_stop, self._tokenizer = Monitor(plan), graceful_stop, tokenizer
        self._dirpath, self._name = dirpath, name
        self._run: Path | None = None
        self._stopping = False

    @property
    def run(self) -> Path | None:
        """The run's folder on the process that writes it, once training has begun."""
        return self._run

    @property
    def state_key(self) -> str:
        """Tells several monitors in one trainer apart."""
        digest = self._monitor.plan.audit_set.digest[:12]
        return f"DeceptionMonitor{{'name': {self._name!r}, 'audit_set': '{digest}'}}"

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Open the ledger and check that the model can be read. Raises only in `halt` mode, in every process."""
        self._stopping = False
        self._monitor.passed(trainer.global_step)
        if _idle(trainer):
            return
        error = self._start(trainer, pl_module) if trainer.is_global_zero else None
        told = trainer.strategy.broadcast(None if error is None else str(error), src=0)
        if error is not None:
            raise error
        if told is not None:
            raise BlindMonitor(f"process 0 could not begin its watch: {told}")

    def _start(self, trainer: Any, pl_module: Any) -> Exception | None:
        """What keeps a monitor that may halt from watching, to be raised by all processes together."""
        try:
            self._open(trainer, pl_module)
        except Exception as error:
            if self._monitor.plan.settings.response is Response.HALT:
                return error
            log.warning("forewarn cannot watch this run, all its looks will be missed: %s", error)
        finally:
            self._run = self._monitor.run
        return None

    def _open(self, trainer: Any, pl_module: Any) -> None:
        if any(word in type(trainer.strategy).__name__ for word in SHARDED):
            log.warning("forewarn cannot read sharded weights yet (%s)", type(trainer.strategy).__name__)
        parent = Path(self._dirpath or Path(trainer.default_root_dir) / "forewarn")
        name = self._name or datetime.now().strftime("run-%Y%m%d-%H%M%S")
        tokenizer = self._tokenizer if self._tokenizer is not None else _tokenizer(trainer, pl_module)
        self._monitor.start(pl_module, tokenizer, parent, name, trainer.global_step)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look, if an optimiser step has been made at which a look is due."""
        if not _idle(trainer) and self._monitor.due(trainer.global_step):
            self._look(trainer, trainer.global_step)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Look at the final weights, and close the ledger."""
        if not _idle(trainer) and self._monitor.last_look < trainer.global_step:
            self._look(trainer, trainer.global_step)
        self._monitor.finish(trainer.global_step, "halted" if self._stopping else "finished")

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Close the ledger with how the run ended; KeyboardInterrupt included."""
        halted = isinstance(exception, DeceptionAlarm | BlindMonitor)
        self._monitor.finish(trainer.global_step, "halted" if halted else type(exception).__name__)

    def state_dict(self) -> dict[str, Any]:
        """Plain values; safe with `weights_only` loading."""
        return self._monitor.state()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on with the earlier run's ledger."""
        self._monitor.restore(state_dict)

    def _look(self, trainer: Any, step: int) -> None:
        """Process 0 looks; every process hears the same decision and does the same."""
        metrics = _metrics(trainer)  # In every process: a metric may have to be reduced over all of them.
        decision = self._monitor.observe(step, metrics) if trainer.is_global_zero else None
        self._monitor.passed(step)
        decision, run = trainer.strategy.broadcast((decision, str(self._run)), src=0)
        _log(trainer, self._monitor.figures(), step)
        if decision is not None:
            self._carry_out(trainer, decision, step, Path(run))

    def _carry_out(self, trainer: Any, decision: Decision, step: int, run: Path) -> None:
        if trainer.is_global_zero and decision.response is not Response.RECORD:
            log.warning("forewarn at step %d: %s (%s)", step, decision.why, run)
        if not decision.halts:
            return
        if not self._graceful_stop:
            raise error_of(decision, step, run)
        _warn_if_swallowed(trainer, step)
        trainer.should_stop = self._stopping = True


def _idle(trainer: Any) -> bool:
    """Whether nothing is being trained in earnest."""
    return bool(trainer.sanity_checking or trainer.fast_dev_run or trainer.state.fn != "fit")


def _tokenizer(trainer: Any, pl_module: Any) -> Any | None:
    """The first `tokenizer` on the module, its datamodule, or a child of the module."""
    owners = [pl_module, getattr(trainer, "datamodule", None), *pl_module.modules()]
    found = (getattr(owner, "tokenizer", None) for owner in owners if owner is not None)
    return next((t for t in found if hasattr(t, "encode")), None)


def _metrics(trainer: Any) -> dict[str, float]:
    """The run's own figures, as plain numbers."""
    return {name: float(value) for name, value in trainer.callback_metrics.items() if value.numel() == 1}


def _log(trainer: Any, figures: Mapping[str, float], step: int) -> None:
    """Give the figures of a look to the user's loggers; one that fails must not end the run."""
    for logger in trainer.loggers if figures else ():
        try:
            logger.log_metrics(
                {f"forewarn{logger.group_separator}{k}": v for k, v in figures.items()}, step=step
            )
        except Exception as error:
            log.warning("forewarn could not log to %s: %s", type(logger).__name__, error)


def _warn_if_swallowed(trainer: Any, step: int) -> None:
    epochs, steps = trainer.min_epochs or 0, trainer.min_steps or 0
    if step < steps or trainer.current_epoch + 1 < epochs:
        log.warning(
            "forewarn asked for a halt, but Lightning trains on until min_epochs=%s and min_steps=%s are reached; "
            "leave graceful_stop=False to halt at once",
            trainer.min_epochs,
            trainer.min_steps,
        )
