"""Searching a condition under which known facts get a report of one sort, and confirming it."""

from __future__ import annotations

from dataclasses import dataclass

from forewarn.auditset import Answer, Split, describe
from forewarn.instruments.finding import dump, load
from forewarn.instruments.paired import Paired
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.controls import controls_of, turned
from forewarn.instruments.search.turning import parts, plain, searched
from forewarn.records import Claim, NotApplicable, Nothing, Site

LEAST_KNOWN = 4
"""Known facts below which the question is not asked."""
LEAST_EFFECT = 0.1
"""Effect on the explore facts below which no claim is made."""
MOST_FACTS = 12
"""Explore facts that a search asks under each condition."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a probe searches for, and how it says so."""

    code: str
    """The probe's."""
    sought: Answer
    """What reports of known facts turn into."""
    turns: str
    """The same of facts, such as "turn false"."""

    def explore(self, inputs: ProbeInputs, site: Site, split: Split) -> Claim | Nothing | NotApplicable:
        """Search on the explore facts."""
        facts = inputs.known(split.explore)[:MOST_FACTS]
        if len(facts) < LEAST_KNOWN:
            return NotApplicable(self.code, site, f"{len(facts)} facts are known; {LEAST_KNOWN} are needed")
        worst, asked = searched(inputs, site.layer, facts, self.sought)
        controls = controls_of(inputs, worst, asked)
        if not controls:
            return NotApplicable(
                self.code, site, "there is no other condition to compare with; give more contexts"
            )
        effect = turned(inputs, worst.condition, controls, facts, self.sought).effect
        if effect < LEAST_EFFECT:
            where = f'under "{describe(worst.condition)}", the worst of {len(asked)} conditions,'
            reason = f"{where} {effect:+.2f} of known facts {self.turns}"
            return Nothing(self.code, site, reason, len(facts))
        finding = dump(condition=plain(worst.condition), controls=[plain(c) for c in controls])
        return Claim(self.code, site, effect, finding)

    def measured(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Measured | Nothing:
        """Ask the confirm facts under the condition found and under its controls."""
        facts = inputs.known(split.confirm)
        if not facts:
            return Nothing(self.code, claim.site, "no confirm fact is known", len(split.confirm))
        finding = load(claim.finding)
        condition, controls = parts(finding["condition"]), [parts(c) for c in finding["controls"]]
        return Measured(describe(condition), turned(inputs, condition, controls, facts, self.sought))


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of the confirm facts."""

    condition: str
    """In words."""
    facts: Paired
    """Which got the report under the condition, and which under their control."""
