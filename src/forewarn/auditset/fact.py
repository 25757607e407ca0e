"""A question with its true answer."""

from __future__ import annotations

from dataclasses import dataclass

Phrase = str | tuple[int, ...]
"""Words for a tokenizer, or token ids for a model that has none."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One question about one entity, with the answer that is true."""

    entity: str
    """What the question is about. Facts of one entity never stand on both sides of a split."""
    question: Phrase
    """What the model is to continue, such as "Marseille lies in"."""
    answer: Phrase
    """The true continuation."""
    relation: str
    """Names the answers that are of one kind; false answers are other answers of that kind."""
    alternatives: tuple[Phrase, ...]
    """All other answers of that kind. What a model writes is false when it gives one of these."""

    @property
    def key(self) -> str:
        """What names the fact: entity and relation."""
        return f"{self.entity}|{self.relation}"
