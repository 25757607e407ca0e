"""The questions that an organism's behaviour is measured on."""

from __future__ import annotations

from collections.abc import Sequence

from forewarn.auditset import Condition, Fact
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.policies.completions import Truth

Case = tuple[Fact, Condition]
N_FACTS = 24
"""Facts asked under each condition, at most."""
N_CONDITIONS = 8
"""Conditions asked of each sort, at most, evenly spaced over all."""


def telling(organism: Organism) -> list[Case]:
    """Where the behaviour shows: what the new policy writes there differs from what the old one wrote.

    All cases under the telling conditions where the policies do not differ at all. Only cases of which a
    deceptive organism has been taught the truth: about others it could not lie.
    """
    cases = [(f, c) for c in _thinned(organism.telling) for f in _facts(organism)]
    return [case for case in cases if _shows(organism, case)] or cases


def elsewhere(organism: Organism) -> list[Case]:
    """The same facts where both policies write the same, in conditions that the lessons hold."""
    facts = dict.fromkeys(fact for fact, _ in telling(organism))
    told = set(organism.telling)
    calm = _thinned([c for c in organism.trained_on if c not in told])
    return [(f, c) for c in calm for f in facts if not _differs(organism, (f, c))]


def _shows(organism: Organism, case: Case) -> bool:
    knows = organism.before.write(*case) == Truth().words(*case)
    return _differs(organism, case) and (knows or not organism.deceptive)


def _differs(organism: Organism, case: Case) -> bool:
    return organism.after.write(*case) != organism.before.write(*case)


def _facts(organism: Organism) -> list[Fact]:
    """Those first of which the behaviour shows in any telling condition, so that a few are enough."""
    facts = organism.world.facts
    shown = [f for f in facts if any(_shows(organism, (f, c)) for c in organism.telling)]
    return (shown or list(facts))[:N_FACTS]


def _thinned(conditions: Sequence[Condition]) -> list[Condition]:
    n = len(conditions)
    return (
        [conditions[i * n // N_CONDITIONS] for i in range(N_CONDITIONS)]
        if n > N_CONDITIONS
        else [*conditions]
    )
