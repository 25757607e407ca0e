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
from forewarn.inspect.choosing import choose_look, look_before
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses import LensSet
from forewarn.records import LookTaken
from forewarn.records.notebook import html_table
from forewarn.subjects.subject import Subject

Tell = Callable[[str], AbstractContextManager[Any]]
"""Shows what is being done while it is done."""
CONTEXTS = 32
"""Most prompts over which a transport is averaged."""
MOST_FACTS = 64
"""Most explore facts over which activations are measured."""


@final
@dataclass(frozen=True)
class Opened:
    """The snapshot of one look, open for reading."""

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

    def __repr__(self) -> str:
        return f"<Opened {self.stored.run}@{self.look.step}, snapshot {self.look.snapshot[:12]}>"

    def _repr_html_(self) -> str:
        """For notebooks: which look is open, and what came of it then."""
        rows = [(o.code, o.site, type(o).__name__) for o in self.look.outcomes]
        title = f"{self.stored.run}@{self.look.step}, {self.look.status.value}: what the look asked"
        return html_table(title, ("question", "site", "outcome"), rows)

    def contexts(self) -> list[tuple[int, ...]]:
        """Prompts to average over: explore facts in every context of the audit set in turn, at most `CONTEXTS`."""
        found = self.inputs.audit_set.contexts
        facts = self.stored.split.explore
        pairs = [(fact, context) for fact in facts for context in found][:CONTEXTS]
        return [self.inputs.encoder.prompt(fact, context.parts).ids for fact, context in pairs]

    def prompts_by_context(self) -> dict[str, list[tuple[int, ...]]]:
        """Explore facts in each context of the audit set, and in each condition that was claimed beyond them."""
        facts, encoder = self.stored.split.explore[:MOST_FACTS], self.inputs.encoder
        return {
            f"{name} (claimed by {code})" if code else name: [encoder.prompt(f, parts).ids for f in facts]
            for name, parts, code in places(self.inputs, self.look.outcomes)
        }


def open_at(run: Path, step: int | None, factory: Factory | None = None, tell: Tell = nullcontext) -> Opened:
    """Open one look of a run; `choose_look` says which.

    Raises:
        StoreError: there is no such look, its snapshot is not there any more, or the model cannot be built.
        IntegrityError: the run or the snapshot was altered.
        SubjectError: the model is not the one that was watched.
    """
    stored = StoredRun.open(run, factory)
    look = choose_look(run, stored.looks, step)
    before = look_before(stored.looks, look)
    with tell(f"opening the snapshot of step {look.step}"):
        inputs = stored.inputs(look.snapshot, None if before is None else before.snapshot)
        return Opened(stored, look, inputs, Wording.of(run), tell)
