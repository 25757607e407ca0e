"""What every training loop drives: when to look, what to do when looking fails, and what to do afterwards."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import nn

from forewarn.audit.decision import Decision
from forewarn.audit.manifest import manifest, model_card
from forewarn.audit.run import Audit
from forewarn.callbacks.equip import equip
from forewarn.callbacks.guarding import LiveGuard
from forewarn.callbacks.opening import OpenedModel, open_model
from forewarn.callbacks.options import Options
from forewarn.callbacks.taking_up import Papers, begin, go_on
from forewarn.callbacks.telling import about_ignorance, at_the_end, knows_too_little
from forewarn.errors import BlindMonitor, DeceptionAlarm, ForewarnError
from forewarn.records import Cause, Ending, Reason, ReasonCode, Response, Target
from forewarn.schedules import parse_schedule
from forewarn.store.staging import Stager, weights_of
from forewarn.subjects.opening import Opener

log = logging.getLogger("forewarn")


class Driver:
    """Mutable: watches one model in one process, run after run.

    A door starts it, asks at each step whether a look is due, has it look, and carries the decision out.

    In `record` and `flag` mode it never raises into the training loop: what fails is a missed look, in the
    ledger where that can still be written and in the log always. In `halt` mode it raises at the start what
    would keep it from ever seeing, and asks for a halt after too many missed looks.

    A look blocks training until it is over. There is no way yet to hand it batches, nor to fetch the decision of
    a look that was taken elsewhere.
    """

    def __init__(self, options: Options) -> None:
        self.options, self.equipment = options, equip(options)
        self.audit: Audit | None = None
        self.run: Path | None = None
        """The run's folder, once it is there; that of the last run afterwards."""
        self._schedule = parse_schedule(options.every_n_steps)
        self._module: nn.Module | None = None
        self._opener: Opener | None = None
        self._stager, self._guard = Stager(), LiveGuard()
        self._last, self._asked, self._unwritten, self._ignorant = 0, 0, 0, 0
        self._warned = False
        self._blind: Reason | None = None
        self._restored: Mapping[str, Any] | None = None
        self._left: Mapping[str, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """A copy, such as a spawned process gets, has the options and what a checkpoint gave."""
        return {"options": self.options, "restored": self._restored}

    def __setstate__(self, kept: Mapping[str, Any]) -> None:
        vars(self).update(vars(Driver(kept["options"])))
        self.restore(kept["restored"] or {})

    @property
    def last_look(self) -> int:
        """Step up to which looks have been taken or missed."""
        return self._last

    @property
    def halts(self) -> bool:
        """Whether it may stop the run."""
        return self.equipment.policy.response is Response.HALT

    def start(self, module: nn.Module, tokenizer: Any | None, path: Path, step: int) -> None:
        """Open the model and the run's folder, wanted at `path`. Raises only in `halt` mode."""
        self._module, self._blind, self.run = module, None, None
        self._unwritten, self._ignorant, self._warned = 0, 0, False
        self._last = self._asked = step
        try:
            self._begin(module, tokenizer, path, step)
        except Exception as error:
            self._blind = Reason(ReasonCode.CANNOT_OPEN, f"{type(error).__name__}: {error}")
            if self.halts:
                raise
            log.warning("forewarn cannot watch this run, all its looks will be missed: %s", error)

    def due(self, step: int) -> bool:
        """Whether a look is due at this step, or was at one that was never asked about.

        Several optimisers make several steps between two batches. Each step is answered for once.
        """
        since, self._asked = self._asked, max(step, self._asked)
        return any(self._schedule.due(s) for s in range(since + 1, step + 1))

    def look(self, step: int, metrics: Mapping[str, float]) -> Decision | None:
        """Take a look now. The decision, if there is one to carry out."""
        self._last = step
        if self._blind is not None or self._opener is None or self.audit is None:
            started = "the monitor was not started, or is closed already: make a new one for another run"
            reason = self._blind or Reason(ReasonCode.NOT_STARTED, started)
            log.warning("forewarn missed its look at step %d: %s", step, reason.words)
            return self.miss(step, reason)
        try:
            decision = self._looked(self.audit, self._opener, step, metrics)
        except Exception as error:
            log.warning("forewarn missed its look at step %d: %s: %s", step, type(error).__name__, error)
            return self.miss(step, Reason(ReasonCode.LOOK_FAILED, f"{type(error).__name__}: {error}"))
        self._warn_of_ignorance(self.audit)
        return decision

    def passed(self, step: int) -> None:
        """Note a step whose look is not this process's to take."""
        self._last, self._asked = max(step, self._last), max(step, self._asked)

    def carry_out(self, decision: Decision, step: int, run: Path | None, *, speaks: bool = True) -> bool:
        """Do what was decided; whether the loop is to stop. One process of several `speaks`.

        Raises DeceptionAlarm or BlindMonitor for a halt that is not left to the loop.
        """
        if speaks and decision.response is not Response.RECORD:
            log.warning("forewarn at step %d: %s (%s)", step, decision.why, run)
        if decision.halts and not self.options.graceful_stop:
            if decision.cause is Cause.ALARM:
                raise DeceptionAlarm(step, run or "(no folder)", decision.why)
            raise BlindMonitor(f"training halted at step {step}: {decision.why}")
        return decision.halts

    def finish(self, step: int, reason: Ending, error: str = "") -> None:
        """Say in the ledger how the run ended, and on the console where it stands; once."""
        if self.audit is None:
            self._say_that_nothing_was_seen()
            return
        audit, self.audit = self.audit, None
        try:
            audit.end(step, reason, error)
            log.info("forewarn: %s, %s, ledger head %s", reason, audit.status, audit.folder.ledger.head)
        except ForewarnError as failed:
            log.warning("forewarn could not write the end of the run: %s", failed)
        self._left, self._restored = self._state_of(audit), None
        if not self.options.quiet:
            # Neither a closed console nor a working folder that is gone may end a run.
            with suppress(OSError, ValueError):
                print(at_the_end(audit), file=sys.stderr)

    def state(self) -> dict[str, Any]:
        """Plain values for a checkpoint; empty when there is nothing to remember."""
        if self.audit is None:
            return dict(self._restored or self._left or {})
        return self._state_of(self.audit)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember a checkpoint's state until `start`."""
        self._restored = dict(state) if state else None

    def _state_of(self, audit: Audit) -> dict[str, Any]:
        return {"folder": str(audit.folder.path.resolve()), **audit.state()}

    def _begin(self, module: nn.Module, tokenizer: Any | None, path: Path, step: int) -> None:
        opened = open_model(module, self.equipment.audit_set, tokenizer, self.options.overrides)
        self._opener = opened.opener
        papers = self._papers(module, tokenizer, path, opened)
        if self._restored is None:
            folder = begin(papers, step)
        else:
            folder = go_on(papers, step, self._restored, strict=self.halts)
        self.run = folder.path
        self.audit = Audit(self.equipment, opened.encoder, folder, opened.opener)
        if self._restored is not None:
            self.audit.restore(self._restored)
        if opened.error is not None:
            raise opened.error

    def _papers(self, module: nn.Module, tokenizer: Any | None, path: Path, opened: OpenedModel) -> Papers:
        every = self.options.every_n_steps
        used = {
            "every_n_steps": every if isinstance(every, int) else repr(every),
            "graceful_stop": self.options.graceful_stop,
        }
        card = model_card(module, opened.opener)
        says = manifest(path.name, self.options.as_json(), used, self.equipment, card)
        audit_set = self.equipment.audit_set
        return Papers(path, says, audit_set, opened.tokens(audit_set), tokenizer)

    def _looked(
        self, audit: Audit, opener: Opener, step: int, metrics: Mapping[str, float]
    ) -> Decision | None:
        if self._module is None:
            raise ForewarnError("a look was asked for before the monitor was started")
        prefix = f"{opener.layout.decoder}." if opener.layout.decoder else ""
        weights = {n: t for n, t in weights_of(self._module).items() if n.startswith(prefix)}
        frozen = self._stager.freeze(weights)
        try:
            self._guard.check_like(self._module, opener, frozen.tensors)
            with self._guard.watching(self._module, step):
                decision = audit.look(frozen, step, tuple(metrics.items()))
            moved = self._guard.moved
            blind = None if moved is None else audit.disown(step, moved)
            return decision or blind
        finally:
            frozen.release()

    def miss(self, step: int, reason: Reason) -> Decision | None:
        """Write down that a look was missed, and why; where there is no ledger, count it here."""
        if self.audit is not None:
            return self.audit.miss(step, reason)
        self._unwritten += 1
        return self.equipment.policy.on_blindness(self._unwritten, reason, Target(step, None, 1, None))

    def _say_that_nothing_was_seen(self) -> None:
        """The end's line of a run that has no folder to be told from."""
        missed, self._unwritten = self._unwritten, 0
        if missed and not self.options.quiet:
            why = "" if self._blind is None else f": {self._blind.words}"
            print(f"forewarn: unknown; no look could be taken, {missed} missed{why}", file=sys.stderr)

    def _warn_of_ignorance(self, audit: Audit) -> None:
        """Say once that the model seems to know too little, with what that may come from."""
        if audit.last is None or not knows_too_little(audit.last):
            self._ignorant = 0
            return
        self._ignorant += 1
        if self._ignorant == 2 and not self._warned:
            self._warned = True
            log.warning("forewarn: %s", about_ignorance(audit.last, audit.folder.path))
