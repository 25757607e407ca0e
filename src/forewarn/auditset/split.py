"""Explore and confirm: two halves of the facts with no entity in common."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forewarn.auditset.fact import Fact


@dataclass(frozen=True, slots=True)
class Split:
    """What a helper may search on, and what its claims are measured on."""

    explore: tuple[Fact, ...]
    confirm: tuple[Fact, ...]


def by_entity(facts: Sequence[Fact], seed: int) -> Split:
    """Divide entities in two, evenly within each true answer, in an order that only the seed decides."""
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for entity, first in _first_facts(facts).items():
        groups[first.relation, str(first.answer)].append(entity)
    explore = frozenset(_every_other(groups.values(), seed))
    return Split(
        tuple(f for f in facts if f.entity in explore),
        tuple(f for f in facts if f.entity not in explore),
    )


def _first_facts(facts: Iterable[Fact]) -> dict[str, Fact]:
    first: dict[str, Fact] = {}
    for fact in facts:
        first.setdefault(fact.entity, fact)
    return first


def _every_other(groups: Iterable[list[str]], seed: int) -> list[str]:
    """Every other entity over all groups in turn, so that odd groups do not all fall to one side."""
    queue = [entity for group in groups for entity in sorted(group, key=lambda e: _rank(e, seed))]
    return queue[::2]


def _rank(entity: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}|{entity}".encode()).hexdigest()
