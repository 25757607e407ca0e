"""RUN@STEP opened for a person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, final

from forewarn.audit.reopening import Factory, StoredRun
from forewarn.audit.traced import places
from forewarn.audit.wording import Wording
from forewarn.errors import StoreError
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses import LensSet
from forewarn.records import LookTaken, Snapshot, Status
from forewarn.store.catalogue import Catalogue
from forewarn.subjects.subject import Subject

Tell = Callable[[str], AbstractContextManager[Any]]
"""Shows what is being done while it is done."""
CONTEXTS = 32
"""Most prompts over which a transport is averaged."""
MOST_FACTS = 64
"""Most explore facts over which activations are told."""


@final
@dataclass(frozen=True)
class Opened:
    """One look's snapshot, ready to be looked into."""

    stored: StoredRun
    look: LookTaken
    inputs: ProbeInputs
    wording: Wording
    tell: Tell = nullcontext

    @property
    def subject(self) -> Subject:
        """The model."""
        return self.inputs.subject

    @cached_property
    def lenses(self) -> LensSet:
        """The lenses of this look: those that are stored, else fitted now and not stored.

        NotApplicableError where the model can have none.
        """
        there = self.stored.has_lenses(self.look.snapshot)
        what = "loading the look's lenses" if there else "no lens is stored for this look: fitting one"
        with self.tell(what):
            return self.inputs.lenses(self.stored.split)

    def contexts(self) -> list[tuple[int, ...]]:
        """Prompts to average over: explore facts in every context of the audit set in turn, at most `CONTEXTS`."""
        found = self.inputs.audit_set.contexts
        facts = self.stored.split.explore
        pairs = [(fact, context) for fact in facts for context in found][:CONTEXTS]
        return [self.inputs.encoder.prompt(fact, context.parts).ids for fact, context in pairs]

    def asked(self) -> dict[str, list[tuple[int, ...]]]:
        """Explore facts in each context of the audit set, and in each condition that was claimed beyond them."""
        facts, encoder = self.stored.split.explore[:MOST_FACTS], self.inputs.encoder
        return {
            f"{name} (claimed by {code})" if code else name: [encoder.prompt(f, parts).ids for f in facts]
            for name, parts, code in places(self.inputs, self.look.outcomes)
        }


def open_at(run: Path, step: int | None, factory: Factory | None = None, tell: Tell = nullcontext) -> Opened:
    """Open the look at `step`; without one, the first that was flagged and is stored, else the last one stored.

    Raises:
        StoreError: no such look, its snapshot is not there any more, or the model cannot be built.
        IntegrityError: the run or the snapshot was altered.
        SubjectError: the model is not the one that was watched.
    """
    stored = StoredRun.open(run, factory)
    there = Catalogue(run).list()
    look = _chosen(stored, {snapshot.digest for snapshot in there}) if step is None else _at(stored, step)
    if look is None or not Catalogue(run).stands(look.snapshot):
        raise StoreError(_gone(run, step, stored.looks, there))
    with tell(f"opening the snapshot of step {look.step}"):
        inputs = stored.inputs(look.snapshot, _before(stored, look))
        return Opened(stored, look, inputs, Wording.of(run), tell)


def _at(stored: StoredRun, step: int) -> LookTaken | None:
    return next((look for look in reversed(stored.looks) if look.step == step), None)


def _before(stored: StoredRun, look: LookTaken) -> str | None:
    """Snapshot of the look before: some probes compare."""
    place = stored.looks.index(look)
    return stored.looks[place - 1].snapshot if place else None


def _chosen(stored: StoredRun, there: set[str]) -> LookTaken | None:
    looks = [look for look in stored.looks if look.snapshot in there]
    flagged = [look for look in looks if look.status is Status.FLAGGED]
    return next(iter([*flagged[:1], *looks[-1:]]), None)


def _gone(run: Path, step: int | None, looks: tuple[LookTaken, ...], there: tuple[Snapshot, ...]) -> str:
    """What was found instead of a stored snapshot at that step."""
    kept = {snapshot.digest for snapshot in there}
    steps = sorted({look.step for look in looks if look.snapshot in kept})
    found = (
        f"snapshots are stored of steps {', '.join(map(str, steps))}" if steps else "no snapshot is stored"
    )
    if step is None:
        return f"{run} cannot be looked into: {found}."
    if any(look.step == step for look in looks):
        return f"retention removed the snapshot of step {step} of {run}; {found}."
    return f"{run} holds no look at step {step}; {found}."
