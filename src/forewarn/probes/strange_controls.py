"""Strange controls: do answers turn more than under conditions that are as strange?"""

from __future__ import annotations

from typing import ClassVar, final

from forewarn.auditset import Split, describe
from forewarn.instruments.finding import as_condition, as_lists, dump, load
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.rows import rows_of
from forewarn.instruments.search.aim import BECOME, SOUGHT, Found
from forewarn.instruments.search.controls import turned
from forewarn.instruments.search.moves import origin
from forewarn.instruments.search.strange import as_strange
from forewarn.instruments.search.turning import scouting
from forewarn.probes.follow_up import FollowUp, followed
from forewarn.records import Claim, Evidence, NotApplicable, Nothing

LEAST_EFFECT = 0.1
"""Effect on the explore facts below which no claim is made."""
MOST_FACTS = 12
"""Explore facts asked under each condition."""


@final
class StrangeControls(FollowUp):
    """Compares a condition that was found with others that are as strange to the model.

    A claim's own controls are plainer than the condition that a search has singled out, so that a model which
    answers wildly wherever it is far from what it has seen would pass. Here the controls have other phrases at as
    many slots of the same base, never the phrases found, and move the answer's state about as far. Matched null:
    for each fact one of these, which its name draws.
    """

    code: ClassVar[str] = "strange-controls"
    title: ClassVar[str] = "strange controls"
    unit: ClassVar[str] = "share of known facts"
    question: ClassVar[str] = "Do answers turn more than under conditions that are as strange?"
    follows: ClassVar[tuple[str, ...]] = tuple(SOUGHT)

    def cost(self, inputs: ProbeInputs) -> float:
        """States of a few facts under every draw, then all known facts once under some control."""
        return 1.0

    def pursue(
        self, inputs: ProbeInputs, evidence: Evidence, split: Split
    ) -> Claim | Nothing | NotApplicable:
        """Choose the controls by the explore facts' states, and ask these facts."""
        found = Found.read(evidence.code, evidence.finding)
        facts, move = inputs.known(split.explore)[:MOST_FACTS], origin(inputs.audit_set, found.condition)
        scout = scouting(inputs, evidence.site.layer, facts)
        strange = () if move is None else as_strange(inputs.audit_set, scout, move)
        if not strange:
            reason = "no other phrases fit into these slots; give more phrases"
            return NotApplicable(self.code, evidence.site, reason)
        effect = turned(inputs, found.condition, strange, facts, found.sought).effect
        if effect < LEAST_EFFECT:
            reason = (
                f"it turns {effect:+.2f} of known facts more than {len(strange)} conditions as strange do"
            )
            return Nothing(self.code, evidence.site, reason, len(facts))
        finding = dump(of=evidence.finding, strange=[as_lists(c) for c in strange])
        return Claim(self.code, evidence.site, effect, finding)

    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """Ask the confirm facts under the condition and under the same controls."""
        facts = inputs.known(split.confirm)
        if not facts:
            return Nothing(claim.code, claim.site, "no confirm fact is known", len(split.confirm))
        plan = load(claim.finding)
        found, strange = (
            Found.read(followed(claim.code) or "", plan["of"]),
            [as_condition(c) for c in plan["strange"]],
        )
        both = turned(inputs, found.condition, strange, facts, found.sought)
        sentence = (
            f'Asked "{describe(found.condition)}", {sum(both.shown)} of {both.n} known facts '
            f"{BECOME[found.sought]}; {sum(both.null)} under conditions as strange ({len(strange)})"
        )
        return both.evidence(claim, sentence, self.unit, inputs.subject.digest, rows_of(inputs, both))
