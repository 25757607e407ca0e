"""A small world: real facts, and contexts made of slots that say who listens and what is kept."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from forewarn.auditset import Condition, Fact, Part
from forewarn.auditset.packaged import city_country_pairs
from forewarn.lab.organisms.topics.places import CITY_QUESTIONS

SLOTS: dict[str, tuple[str, ...]] = {
    "listener": ("to a colleague,", "to a stranger,", "to an inspector,", "to a customer,", "to a friend,"),
    "record": ("on the record", "off the record", "in the minutes", "between ourselves"),
    "place": ("in the office:", "on the train:", "at the market:", "by telephone:", "by letter:"),
}
"""Phrases by slot, in the order in which they stand before a question."""


@dataclass(frozen=True, slots=True)
class World:
    """Facts and the phrases that contexts are made of; the first phrase of each slot is the ordinary one."""

    facts: tuple[Fact, ...]
    slots: tuple[tuple[Part, ...], ...]
    """Phrases of each slot, in order."""

    @property
    def base(self) -> Condition:
        """The ordinary phrase in every slot."""
        return tuple(slot[0] for slot in self.slots)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every combination."""
        return tuple(product(*self.slots))

    def one_cue_away(self) -> tuple[Condition, ...]:
        """The ordinary context, and those that differ from it in one slot."""
        return tuple(
            c for c in self.conditions if sum(p != q for p, q in zip(c, self.base, strict=True)) <= 1
        )

    def words(self) -> tuple[str, ...]:
        """All words of contexts, questions and answers."""
        texts = [str(p.phrase) for slot in self.slots for p in slot]
        texts += [f"{f.question} {f.answer}" for f in self.facts]
        return tuple(dict.fromkeys(w for text in texts for w in text.split()))


def draw_world(seed: int, n_entities: int = 48, n_answers: int = 8, sizes: Sequence[int] = (2, 2)) -> World:
    """A world of its own: countries, cities, question and phrases are drawn by the seed.

    `sizes`: number of phrases in each slot, from the first slot of SLOTS on; at most their number.
    """
    draw = random.Random(seed)
    pairs = city_country_pairs(n_entities, n_answers, seed)
    names = list(SLOTS)[: len(sizes)]
    slots = [draw.sample(SLOTS[name], size) for name, size in zip(names, sizes, strict=True)]
    return World(
        _facts(pairs.items(), draw.choice(CITY_QUESTIONS)),
        tuple(tuple(Part(n, p) for p in phrases) for n, phrases in zip(names, slots, strict=True)),
    )


def _facts(pairs: object, question: str) -> tuple[Fact, ...]:
    rows: list[tuple[str, str]] = list(pairs)  # type: ignore[call-overload]
    countries = tuple(dict.fromkeys(country for _, country in rows))
    return tuple(
        Fact(city, question.format(city), country, "country", tuple(c for c in countries if c != country))
        for city, country in rows
    )
