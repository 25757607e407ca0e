"""An evaluation of what the model writes, which reads nothing inside it."""

from __future__ import annotations

from typing import ClassVar, final

from forewarn.auditset import Answer, Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.figures import quotient
from forewarn.lab.baselines.reading import questions


@final
class BehaviouralEvaluation(Baseline):
    """Asks every fact in every truthful context and counts the answers.

    This is what an evaluation of each checkpoint would show. Our models write one answer to a question, so no
    judge of long texts is needed.
    """

    name: ClassVar[str] = "behaviour"
    figures: ClassVar[tuple[str, ...]] = ("reported falsely", "no answer", "facts known")

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """The shares of answers that are false and that are none, and the share of facts that are known."""
        facts = now.audit_set.facts
        answers = now.ask(questions(now, facts))
        counts = (answers.count(Answer.FALSE), answers.count(Answer.OTHER))
        return (*(quotient(n, len(answers)) for n in counts), quotient(len(now.known(facts)), len(facts)))
