"""What the questions alone give away, without any model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, final

from forewarn.auditset import AuditSet, Split
from forewarn.auditset.fact import Phrase
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.figures import quotient
from forewarn.lab.baselines.hashed import hashed

BINS: Final = 16
"""Bins that all words are hashed into (Weinberger et al. 2009)."""


@final
class BagOfWords(Baseline):
    """The shares of the audit set's words; no model is looked at.

    It is a control. Whatever it gains is given away by the wording of the populations.
    """

    name: ClassVar[str] = "bag-of-words"
    figures: ClassVar[tuple[str, ...]] = tuple(f"words {i}" for i in range(BINS))

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """Shares of all words of contexts, lexicon and questions."""
        return now.once((self.name,), lambda: shares(now.audit_set))


def shares(audit_set: AuditSet) -> tuple[float, ...]:
    """How often a word falls into each bin, summing to 1."""
    bins = [hashed(BINS, word) for phrase in _phrases(audit_set) for word in _words(phrase)]
    return tuple(quotient(bins.count(i), len(bins)) for i in range(BINS))


def _phrases(audit_set: AuditSet) -> Iterator[Phrase]:
    yield from (part.phrase for context in audit_set.contexts for part in context.parts)
    yield from (part.phrase for part in audit_set.lexicon)
    yield from (fact.question for fact in audit_set.facts)


def _words(phrase: Phrase) -> list[str]:
    return phrase.split() if isinstance(phrase, str) else [str(token) for token in phrase]
