"""The part of a monitor that no training loop sees: when to look, what to do when looking fails."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from forewarn.audit.decision import Decision, on_blindness
from forewarn.audit.folder import LEDGER, RunFolder
from forewarn.audit.run import Audit
from forewarn.audit.settings import free_folder
from forewarn.auditset import Encoder
from forewarn.callbacks.model_card import model_card
from forewarn.callbacks.plan import Plan
from forewarn.callbacks.tokenizer_file import keep_tokenizer
from forewarn.errors import AuditSetError, ForewarnError, StoreError
from forewarn.records import Response, RunResumed, RunStarted
from forewarn.store.staging import Stager, weights_of
from forewarn.subjects.opening import Opener

log = logging.getLogger("forewarn")
N_EXAMPLES = 8
"""Prompts on which a subject is checked when it is opened."""


class Monitor:
    """Mutable: watches one model in one process.

    In `record` and `flag` mode it never raises into the training loop: what fails is a missed look, in the
    ledger where that can still be written and in the log always. In `halt` mode it raises at the start what
    would keep it from ever seeing, and asks for a halt after too many missed looks.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.audit: Audit | None = None
        self._module: nn.Module | None = None
        self._opener: Opener | None = None
        self._stager = Stager()
        self._last, self._asked, self._unwritten = 0, 0, 0
        self._blind: str | None = None
        self._restored: Mapping[str, Any] | None = None
        self._left: Mapping[str, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """A copy, such as a spawned process gets, has the plan and what a checkpoint gave, and opens its own."""
        return {"plan": self.plan, "restored": self._restored}

    def __setstate__(self, kept: Mapping[str, Any]) -> None:
        vars(self).update(vars(Monitor(kept["plan"])))
        self.restore(kept["restored"] or {})

    @property
    def run(self) -> Path | None:
        """The run's folder, once it is there."""
        return None if self.audit is None else self.audit.folder.path

    @property
    def last_look(self) -> int:
        """Step up to which looks have been taken or missed."""
        return self._last

    def start(self, module: nn.Module, tokenizer: Any | None, parent: Path, name: str, step: int) -> None:
        """Find the decoder, open the ledger. Raises only in `halt` mode."""
        self._module, self._blind, self._unwritten = module, None, 0
        self._last = self._asked = step
        try:
            self._begin(module, tokenizer, parent, name, step)
        except Exception as error:
            self._blind = f"{type(error).__name__}: {error}"
            if self._halts:
                raise
            log.warning("forewarn cannot watch this run, all its looks will be missed: %s", error)

    def due(self, step: int) -> bool:
        """Whether a look is due at this step, or was at one that was never asked about.

        Several optimisers make several steps between two batches. Each step is answered for once.
        """
        since, self._asked = self._asked, max(step, self._asked)
        return any(self.plan.schedule.due(s) for s in range(since + 1, step + 1))

    def observe(self, step: int, metrics: Mapping[str, float]) -> Decision | None:
        """Take a look now. The decision, if there is one to carry out."""
        self._last = step
        if self._blind is not None or self._opener is None or self.audit is None:
            return self._miss(step, self._blind or "the monitor was not started")
        try:
            return self._look(step, metrics)
        except Exception as error:
            log.warning("forewarn missed its look at step %d: %s: %s", step, type(error).__name__, error)
            return self._miss(step, f"{type(error).__name__}: {error}")

    def passed(self, step: int) -> None:
        """Note a step whose look is not this process's to take."""
        self._last, self._asked = max(step, self._last), max(step, self._asked)

    def figures(self) -> dict[str, float]:
        """Of the last look, for the user's loggers; empty where none was taken."""
        taken = None if self.audit is None else self.audit.last
        if taken is None:
            return {}
        known = {
            "known": float(taken.known),
            "seconds": taken.seconds,
            "clear": float(taken.status == "clear"),
        }
        probability = taken.verdict.probability
        return known if probability is None else {"probability": probability, **known}

    def finish(self, step: int, reason: str) -> None:
        """Say in the ledger how the run ended; once."""
        if self.audit is None:
            return
        audit, self.audit = self.audit, None
        try:
            audit.end(step, reason)
            log.info("forewarn: %s, %s, ledger head %s", reason, audit.status, audit.folder.ledger.head)
        except ForewarnError as error:
            log.warning("forewarn could not write the end of the run: %s", error)
        self._left, self._restored = self._state_of(audit), None

    def state(self) -> dict[str, Any]:
        """Plain values for a checkpoint; empty when there is nothing to remember."""
        if self.audit is None:
            return dict(self._restored or self._left or {})
        return self._state_of(self.audit)

    def _state_of(self, audit: Audit) -> dict[str, Any]:
        return {"folder": str(audit.folder.path.resolve()), "last": self._last, **audit.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember a checkpoint's state until `start`."""
        self._restored = dict(state) if state else None

    def _begin(self, module: nn.Module, tokenizer: Any | None, parent: Path, name: str, step: int) -> None:
        encoder, failure = self._prepared(module, tokenizer)
        folder = self._folder(module, encoder, parent, name, step)
        keep_tokenizer(folder.path, tokenizer)
        self.audit = Audit(self.plan.equipment(encoder), self.plan.settings, folder, self._opener)
        if self._restored is not None:
            self.audit.restore(self._restored)
        if failure is not None:
            raise failure

    def _prepared(self, module: nn.Module, tokenizer: Any | None) -> tuple[Encoder, Exception | None]:
        """The encoder, and what keeps this model from being asked; a folder is made in either case."""
        encoder, self._opener = Encoder(), None
        try:
            encoder = Encoder(tokenizer)
            encoder.check(self.plan.audit_set)
            opener = Opener(module, self._examples(encoder), self.plan.overrides)
            opener.open(None)
        except Exception as error:
            return encoder, error
        self._opener = opener
        return encoder, None

    def _examples(self, encoder: Encoder) -> list[tuple[int, ...]]:
        contexts = self.plan.audit_set.contexts
        return [
            encoder.prompt(fact, contexts[i % len(contexts)].parts).ids
            for i, fact in enumerate(self.plan.audit_set.facts[:N_EXAMPLES])
        ]

    def _folder(self, module: nn.Module, encoder: Encoder, parent: Path, name: str, step: int) -> RunFolder:
        if self._restored is None:
            return self._new_folder(module, encoder, parent, name, step)
        head, earlier = str(self._restored["head"]), Path(self._restored["folder"])
        folder, found = self._earlier(earlier, head)
        if folder is None:
            log.warning("forewarn begins a new ledger for a resumed run: %s (%s)", found, earlier)
            folder = self._new_folder(module, encoder, parent, name, step)
        folder.append(RunResumed(step, head, found))
        return folder

    def _new_folder(
        self, module: nn.Module, encoder: Encoder, parent: Path, name: str, step: int
    ) -> RunFolder:
        path = free_folder(parent, name)
        manifest = self.plan.manifest(path.name, model_card(module, self._opener))
        folder = RunFolder.create(path, manifest, self.plan.audit_set, self._tokens(encoder))
        folder.append(RunStarted(step, folder.manifest_digest))
        return folder

    def _tokens(self, encoder: Encoder) -> dict[str, Any]:
        """The audit set's token ids; none where there is no tokenizer for its words."""
        try:
            return encoder.table(self.plan.audit_set)
        except AuditSetError:
            return {"bos": [], "pieces": []}

    def _earlier(self, path: Path, head: str) -> tuple[RunFolder | None, str]:
        """The folder that a checkpoint remembers, if its ledger is there and sound, and what was found.

        Raises IntegrityError for a damaged one in `halt` mode only.
        """
        if not (path / LEDGER).exists():
            return None, "the earlier ledger was not found"
        try:
            folder = RunFolder.resume(path)
            return folder, f"the earlier ledger was found {_standing(folder, head)}"
        except StoreError as error:
            if self._halts:
                raise
            return None, f"the earlier ledger is damaged: {error}"

    @property
    def _halts(self) -> bool:
        return self.plan.settings.response is Response.HALT

    def _look(self, step: int, metrics: Mapping[str, float]) -> Decision | None:
        if self._module is None or self.audit is None or self._opener is None:
            raise ForewarnError("a look was asked for before the monitor was started")
        prefix = f"{self._opener.layout.decoder}." if self._opener.layout.decoder else ""
        weights = {n: t for n, t in weights_of(self._module).items() if n.startswith(prefix)}
        frozen = self._stager.freeze(weights)
        try:
            frozen.wait()
            return self.audit.look(frozen, step, tuple(metrics.items()))
        finally:
            frozen.release()

    def _miss(self, step: int, reason: str) -> Decision | None:
        """Record a missed look; where there is no ledger, count it here."""
        if self.audit is not None:
            return self.audit.miss(step, reason)
        self._unwritten += 1
        return on_blindness(self.plan.settings, self._unwritten, reason)


def _standing(folder: RunFolder, head: str) -> str:
    if folder.ledger.head == head:
        return "as the checkpoint left it"
    if folder.remembers(head):
        return "with lines added since the checkpoint"
    return "without the line that the checkpoint remembers: lines were lost, or it is another run's"
