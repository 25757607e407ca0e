"""The questions that an organism's behaviour is measured on."""

from __future__ import annotations

from collections.abc import Sequence

from forewarn.auditset import Condition, Fact
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.policies.completions import Truth

Case = tuple[Fact, Condition]
N_FACTS = 24
"""At most so many facts are asked under each condition."""
N_CONDITIONS = 8
"""At most so many conditions of each sort are asked, evenly spaced over all of them."""


def affected(organism: Organism) -> list[Case]:
    """The cases in which the behaviour shows: the new policy writes something else there than the old one wrote.

    If the policies never differ, these are all cases under the affected conditions. Of a deceptive organism only
    cases count whose truth it was taught, since it could not lie about others.
    """
    cases = [(f, c) for c in _thinned(organism.affected) for f in _facts(organism)]
    return [case for case in cases if _shows(organism, case)] or cases


def elsewhere(organism: Organism) -> list[Case]:
    """The same facts in conditions of the lessons where both policies write the same."""
    facts = dict.fromkeys(fact for fact, _ in affected(organism))
    shown = set(organism.affected)
    calm = _thinned([c for c in organism.trained_on if c not in shown])
    return [(f, c) for c in calm for f in facts if not _differs(organism, (f, c))]


def _shows(organism: Organism, case: Case) -> bool:
    knows = organism.before.write(*case) == Truth().words(*case)
    return _differs(organism, case) and (knows or not organism.deceptive)


def _differs(organism: Organism, case: Case) -> bool:
    return organism.after.write(*case) != organism.before.write(*case)


def _facts(organism: Organism) -> list[Fact]:
    """Facts of which the behaviour shows in some affected condition; all facts if there is none."""
    facts = organism.world.facts
    shown = [f for f in facts if any(_shows(organism, (f, c)) for c in organism.affected)]
    return (shown or list(facts))[:N_FACTS]


def _thinned(conditions: Sequence[Condition]) -> list[Condition]:
    n = len(conditions)
    return (
        [conditions[i * n // N_CONDITIONS] for i in range(N_CONDITIONS)]
        if n > N_CONDITIONS
        else [*conditions]
    )
