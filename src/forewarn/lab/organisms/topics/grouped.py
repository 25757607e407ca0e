"""Facts from a table of answers and their entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from forewarn.auditset import Fact
from forewarn.errors import ConfigurationError


def grouped(
    table: Mapping[str, Sequence[str]],
    draw: Random,
    n_answers: int,
    share: int,
    question: str,
    relation: str,
) -> tuple[Fact, ...]:
    """`share` entities of each of `n_answers` answers, both drawn among those that suffice.

    `question` holds a place `{}` for the entity. ConfigurationError where the table is too small.
    """
    rich = sorted(answer for answer, entities in table.items() if len(entities) >= share)
    if len(rich) < n_answers:
        raise ConfigurationError(
            f"only {len(rich)} answers of {relation!r} have {share} entities; wanted {n_answers}. Ask for less."
        )
    answers = draw.sample(rich, n_answers)
    rows = [(entity, answer) for answer in answers for entity in draw.sample(sorted(table[answer]), share)]
    draw.shuffle(rows)
    return tuple(
        Fact(entity, question.format(entity), answer, relation, tuple(a for a in answers if a != answer))
        for entity, answer in rows
    )
