"""What every training loop drives: when to look, what to do when looking fails, and what to do afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from forewarn.audit.blindness import why_missed
from forewarn.audit.decision import Decision
from forewarn.audit.run import Audit
from forewarn.audit.scribe import attempt, warn
from forewarn.callbacks.beginning import begin_watch, end_watch
from forewarn.callbacks.equip import equip
from forewarn.callbacks.freezing import Freezer, Weights
from forewarn.callbacks.halted import Start, Stepped
from forewarn.callbacks.job import this_job
from forewarn.callbacks.messages import NOT_STARTED, Ignorance, error_of, nothing_seen, tell
from forewarn.callbacks.metrics import MetricReader
from forewarn.callbacks.options import Options
from forewarn.callbacks.rehearsal import Memory, rehearsed
from forewarn.callbacks.state import checked_state
from forewarn.callbacks.timetable import FOREIGN, Timetable
from forewarn.errors import BlindMonitor, ConfigurationError, ForewarnError, PromiseWeakenedError
from forewarn.records import Ending, Reason, ReasonCode, Response, Target
from forewarn.subjects.quiet import device_of
from forewarn.subjects.untouched.guard import untouched

log = logging.getLogger("forewarn")


class Driver:
    """Mutable: watches one model in one process, run after run.

    A door starts it, asks at each step whether a look is due, has it look, and carries the decision out.

    In `record` and `flag` mode it never raises into the training loop: what fails is a missed look, in the
    ledger where that can still be written and in the log always. In `halt` mode it raises at the start what
    would keep it from ever seeing, and asks for a halt after too many missed looks.
    """

    def __init__(self, options: Options) -> None:
        self.options, self.equipment = options, equip(options)
        self.audit: Audit | None = None
        self.run: Path | None = None
        """The run's folder, once it is there; that of the last run afterwards."""
        self.times, self._ignorance = Timetable.of(options, 0, halts=self.halts), Ignorance()
        self._freezer: Freezer | None = None
        self.last_look, self._unwritten = 0, 0
        """Step up to which looks have been taken or missed."""
        self._blind: Reason | None = None
        self._missed: Reason | None = None
        self._memory: Memory | None = None
        self._metrics = MetricReader()
        self._restored: Mapping[str, Any] | None = None
        self._left: Mapping[str, Any] | None = None
        self._remembered: Mapping[str, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        """A copy, such as a spawned process gets, has the options and what a checkpoint gave."""
        return {"options": self.options, "restored": self._restored}

    def __setstate__(self, kept: Mapping[str, Any]) -> None:
        vars(self).update(vars(Driver(kept["options"])))
        self.restore(kept["restored"] or {})

    @property
    def halts(self) -> bool:
        """Whether it may stop the run."""
        return self.equipment.policy.response is Response.HALT

    @property
    def looks(self) -> int:
        """Looks taken or missed so far."""
        return self._unwritten if self.audit is None else self.audit.tally.taken + self.audit.tally.missed

    @untouched()
    def start(
        self, module: nn.Module, tokenizer: Any | None, path: Path, step: int, stepped: Stepped = ()
    ) -> None:
        """Open the model and the run's folder, wanted at `path`; `stepped` is what the optimisers hold.

        Raises only in `halt` mode, or where the run was begun in it: a restart does not undo that.
        """
        before, self._freezer, self._blind, self.run = self.run, None, None, None
        self._unwritten, self._ignorance = 0, Ignorance()
        self.last_look, self.times = step, Timetable.of(self.options, step, halts=self.halts)
        self._memory = Memory(device_of(module))
        try:
            name, knowingly, job = self.options.name, self.options.resume_after_alarm, this_job()
            start = Start(path, name, step, self._restored, before, job, self.halts, knowingly, stepped)
            self._begin(module, tokenizer, start)
        except FOREIGN as error:
            self._blind = Reason(ReasonCode.CANNOT_OPEN, f"{type(error).__name__}: {error}")
            if self.must_raise(error):
                raise
            log.warning("forewarn cannot watch this run, all its looks will be missed: %s", error)

    def must_raise(self, error: BaseException) -> bool:
        """Whether an error at the start ends the run, instead of leaving it unwatched."""
        return self.halts or isinstance(error, PromiseWeakenedError)

    def due(self, step: int) -> bool:
        """Whether a look is due at this step, or was at one that was never asked about.

        Several optimisers make several steps between two batches. Each step is answered for once.
        """
        if self.audit is not None:
            self.audit.folder.told(step, self.times.new(step))
        return self.times.due(step)

    def rehearse(
        self, step: int, metrics: object = None, notes: Sequence[str] = (), waits: float | None = None
    ) -> Decision | None:
        """Take the first look of a ledger, at the start, and say in one line what it found and cost.

        Raises BlindMonitor in `halt` mode where that look fails: what made it fail would make others fail.
        """
        audit = self.audit
        if audit is None or self.looks or self._blind is not None or not self.options.first_look:
            return None
        decision = self.look(step, metrics)
        if audit.last is not None:
            least, used = self.equipment.judge.calibration.least_known, self._memory and self._memory.used()
            log.log(*rehearsed(audit.last, self.times.schedule, least, used, notes, waits))
            self._ignorance = Ignorance()  # It has been said.
        elif self.halts and self._missed is not None:
            raise BlindMonitor(f"the first look failed, and the next would as well: {self._missed.words}")
        return decision

    def look(self, step: int, metrics: object, owners: Iterable[object] = ()) -> Decision | None:
        """Take a look now, after looks at the averaged weights that `owners` hold.

        The decision, if there is one to carry out.
        """
        self.last_look = step
        if self._blind is not None or self._freezer is None or self.audit is None:
            return self.miss(step, self._blind or NOT_STARTED)
        broken, self.times.broken = self.times.broken, None
        if broken is not None:
            return self.miss(step, broken)
        figures, earlier = self._metrics.numbers(metrics), None
        for named, weights in self._freezer.averaged(owners, self.audit.tally.latest):
            earlier = self._attempt(step, figures, weights, named) or earlier
            if earlier is not None and earlier.halts:
                return earlier
        return self._attempt(step, figures) or earlier

    def look_at(self, step: int, metrics: object, held: object, named: str) -> Decision | None:
        """Take a look at other weights of the same model, which the ledger calls `named`.

        The look is missed where `held` holds no tensors of the same names and shapes.
        """
        if self._blind is not None or self._freezer is None:
            return self.look(step, metrics)
        try:
            weights = self._freezer.other(held)
        except ConfigurationError as error:
            return self.miss(step, Reason(ReasonCode.LOOK_FAILED, str(error)))
        return self._attempt(step, self._metrics.numbers(metrics), weights, named)

    def look_last(self, step: int, metrics: object) -> Decision | None:
        """Look at the weights as they are left, unless the last look was at these very weights."""
        if self.audit is None:
            return None
        last, freezer = self.audit.last, self._freezer
        swapped = freezer is not None and last is not None and freezer.differs(last.snapshot)
        return self.look(step, metrics) if swapped or self.last_look < step else None

    def passed(self, step: int) -> None:
        """Note a step whose look is not this process's to take."""
        self.last_look = max(step, self.last_look)
        self.times.passed(step)

    def carry_out(self, decision: Decision, step: int, run: Path | None, *, speaks: bool = True) -> bool:
        """Do what was decided; whether the loop is to stop. One process of several `speaks`.

        Raises DeceptionAlarm or BlindMonitor for a halt that is not left to the loop.
        """
        halts = decision.halts and not self.options.graceful_stop
        try:
            if speaks and decision.response is not Response.RECORD:
                warn("forewarn at step %d: %s (%s)", step, decision.why, run)
        finally:
            # Nothing that goes wrong while it is told keeps a halt from being carried out.
            if halts:
                raise error_of(decision, step, run)
        if self.audit is not None and not decision.halts:
            self.audit.settle()
        return decision.halts

    def finish(self, step: int, reason: Ending, error: str = "") -> None:
        """Say in the ledger how the run ended, and on the console where it stands; once."""
        if self.audit is None:
            missed, self._unwritten = self._unwritten, 0
            if missed:
                tell(nothing_seen(missed, self._blind), quiet=self.options.quiet)
            return
        audit, self.audit = self.audit, None
        try:
            end_watch(audit, step, reason, error, quiet=self.options.quiet)
        finally:
            self._left, self._restored = self._state_of(audit), None

    def state(self) -> dict[str, Any]:
        """Plain values for a checkpoint; empty when there is nothing to remember."""
        if self.audit is None:
            return dict(self._restored or self._left or {})
        return self._state_of(self.audit)

    def restore(self, state: object) -> None:
        """Remember a checkpoint's state until `start`. ConfigurationError for what is none."""
        self._restored = checked_state(state)

    def _state_of(self, audit: Audit) -> dict[str, Any]:
        return {"folder": str(audit.folder.path.resolve()), **self._remembered, **audit.state()}

    def _begin(self, module: nn.Module, tokenizer: Any | None, start: Start) -> None:
        begun = begin_watch(self.options, self.equipment, module, tokenizer, start)
        self.audit, self.run, self._remembered = begun.audit, begun.audit.folder.path, begun.remembered
        self._freezer = begun.freezer
        if begun.error is not None:
            raise begun.error

    def _attempt(
        self, step: int, figures: Mapping[str, float], weights: Weights | None = None, named: str = ""
    ) -> Decision | None:
        """A look at these weights, the model's own for None, or a miss."""
        if self.audit is None or self._freezer is None:
            raise ForewarnError("a look was asked for before the monitor was started")
        try:
            decision = self._freezer.look(self.audit, step, figures, weights, named)
        except Exception as error:
            return self.miss(step, why_missed(error))
        if not named:
            attempt("tell what the model knows", partial(self._ignorance.note, self.audit))
        return decision

    def miss(self, step: int, reason: Reason) -> Decision | None:
        """Say and write down that a look was missed, and why; where there is no ledger, count it here."""
        self._missed = reason
        log.warning("forewarn missed its look at step %d: %s", step, reason.words)
        if self.audit is not None:
            return self.audit.miss(step, reason)
        self._unwritten += 1
        return self.equipment.policy.on_blindness(self._unwritten, reason, Target(step, None, 1, None))
