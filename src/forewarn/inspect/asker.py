"""One question at a time, asked as a look asks it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import final

from forewarn.audit.look import Examiner
from forewarn.auditset import Split
from forewarn.helpers.scripted import Scripted
from forewarn.inspect.opened import Opened, Tell
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups, followed
from forewarn.records import Offered, Outcome


@final
@dataclass(frozen=True, slots=True)
class Asker:
    """A model, and what it can be asked."""

    inputs: ProbeInputs
    split: Split
    examiner: Examiner
    """Its helper is not consulted, and its budget not spent."""
    tell: Tell = nullcontext

    @staticmethod
    def of(inputs: ProbeInputs, split: Split | None = None, tell: Tell = nullcontext) -> Asker:
        """With every probe and follow-up that is installed; the split is by default that of seed 0."""
        examiner = Examiner(catalogue(), Scripted(()), follow_ups=follow_ups())
        return Asker(inputs, split or inputs.audit_set.split(), examiner, tell)

    @staticmethod
    def at(opened: Opened) -> Asker:
        """The model of an opened look, asked on the facts that the look was taken on."""
        return Asker.of(opened.inputs, opened.stored.split, opened.tell)

    @property
    def known(self) -> float:
        """Share of the audit set's facts that the model knows."""
        facts = self.inputs.audit_set.facts
        return len(self.inputs.known(facts)) / len(facts)

    def questions(self) -> tuple[Offered, ...]:
        """All that can be asked of this model, whether it is open yet or not."""
        every = self.examiner.questions.inquiries(self.inputs)
        return tuple(Offered(i.code, i.site, i.cost, followed(i.code) or "", i.shared) for i in every)

    def ask(self, question: Offered) -> Outcome:
        """Explore and confirm. For a follow-up its claim is measured again first, by the same rules."""
        wanted = question.code, question.site
        script = ((question.after, question.site), wanted) if question.after else (wanted,)
        examiner = replace(self.examiner, helper=Scripted(script), budget=float("inf"))
        with self.tell(f"asking {question.code} at {question.site}"):
            outcomes = examiner.examine(self.inputs, self.split)
        return next(outcome for outcome in outcomes if (outcome.code, outcome.site) == wanted)
