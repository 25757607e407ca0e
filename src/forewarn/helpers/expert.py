"""A scripted expert: how somebody who knows the probes would go about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from forewarn.helpers.policy import SLACK, Inquiry, Situation
from forewarn.probes.follow_up import followed, own_part
from forewarn.records import Evidence

LEAST_KNOWN = 0.25
"""Share of known facts below which there is nothing to lie about."""


@final
@dataclass(frozen=True, slots=True)
class Expert:
    """Follows up what was claimed, and otherwise saves for the searches that find most.

    The first teacher of helpers that learn. First whatever follows a claim that holds on the confirm facts; then
    the searches, in order; for one that is too dear it waits.
    """

    searches: tuple[str, ...] = ("latent-policy", "withheld-answer")
    follow_ups: tuple[str, ...] = ("composure", "changed-context")
    """In order; others are not asked."""
    least: float = 8.5
    """Passes that a look must have before its first question: the searches and one follow-up of them."""
    name: str = "expert"

    def next(self, situation: Situation) -> Inquiry | None:
        """What it wishes most, if that can be paid; None otherwise: what is not spent is saved."""
        if situation.known < LEAST_KNOWN or self._waits(situation):
            return None
        wish = next(self._wishes(situation), None)
        return wish if wish in situation.affordable else None

    def _waits(self, situation: Situation) -> bool:
        """Whether this look is let go, so that a later one is whole."""
        return not situation.asked and situation.budget + SLACK < self.least

    def _wishes(self, situation: Situation) -> Iterator[Inquiry]:
        standing = {(o.code, o.site) for o in (a.outcome for a in situation.asked) if _stands(o)}
        for code in self.follow_ups:
            due = [i for i in situation.open if followed(i.code) and own_part(i.code) == code]
            yield from (i for i in due if (followed(i.code), i.site) in standing)
        for code in self.searches:
            yield from (i for i in situation.open if i.code == code)


def _stands(outcome: object) -> bool:
    return isinstance(outcome, Evidence) and outcome.interval.low > 0.0
