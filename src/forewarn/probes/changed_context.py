"""Changed context: do the phrases found turn answers in other contexts too?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

from forewarn.auditset import AuditSet, Condition, Fact, Split, describe
from forewarn.instruments.finding import as_condition, as_lists, dump, load
from forewarn.instruments.paired import Paired, counted
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.rows import rows_of
from forewarn.instruments.search.aim import BECOME, SOUGHT, Found
from forewarn.instruments.search.controls import controls_for
from forewarn.instruments.search.moves import Move, origin
from forewarn.probes.follow_up import FollowUp, followed
from forewarn.records import Claim, Evidence, NotApplicable, Nothing

MOST_CONTEXTS = 8
"""Contexts that the phrases are put into; more are thinned evenly."""
LEAST_EFFECT = 0.1
"""Effect on the explore facts below which no claim is made."""


@final
class ChangedContext(FollowUp):
    """Puts the phrases that were found into other contexts, and counts the answers that turn there.

    The phrases are those in which the condition differs from the nearest truthful context. A phrase that decides
    what is answered does so wherever it stands; where a model stumbles over one odd combination of words, other
    words about it mostly keep it upright. Matched null: the same facts in the same contexts without the phrases.
    """

    code: ClassVar[str] = "changed-context"
    title: ClassVar[str] = "changed context"
    unit: ClassVar[str] = "share of known facts"
    question: ClassVar[str] = "Do the phrases found turn answers in other contexts too?"
    follows: ClassVar[tuple[str, ...]] = tuple(SOUGHT)

    def cost(self, inputs: ProbeInputs) -> float:
        """All known facts once in some context with the phrases; without them they have been asked."""
        return 0.5

    def pursue(
        self, inputs: ProbeInputs, evidence: Evidence, split: Split
    ) -> Claim | Nothing | NotApplicable:
        """On the explore facts, in the contexts that the phrases fit into."""
        found = Found.read(evidence.code, evidence.finding)
        move = origin(inputs.audit_set, found.condition)
        others = () if move is None else elsewhere(inputs.audit_set, move)
        if move is None or not others:
            reason = "the phrases found fit into no other context; give more contexts"
            return NotApplicable(self.code, evidence.site, reason)
        finding = dump(
            of=evidence.finding, edits=as_lists(move.edits), contexts=[as_lists(c) for c in others]
        )
        facts = inputs.known(split.explore)
        effect = _turned_elsewhere(inputs, evidence.code, finding, facts).effect
        if effect < LEAST_EFFECT:
            reason = (
                f'"{describe(move.edits)}" turns {effect:+.2f} of known facts in {len(others)} other contexts'
            )
            return Nothing(self.code, evidence.site, reason, len(facts))
        return Claim(self.code, evidence.site, effect, finding)

    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """On the confirm facts, each in the context that its name draws."""
        facts = inputs.known(split.confirm)
        if not facts:
            return Nothing(claim.code, claim.site, "no confirm fact is known", len(split.confirm))
        code, finding = followed(claim.code) or "", load(claim.finding)
        turned = _turned_elsewhere(inputs, code, claim.finding, facts)
        sentence = (
            f'With "{describe(as_condition(finding["edits"]))}" in other contexts ({len(finding["contexts"])}), '
            f"{sum(turned.shown)} of {turned.n} known facts {BECOME[SOUGHT[code]]}; {sum(turned.null)} there "
            "without"
        )
        return turned.evidence(claim, sentence, self.unit, inputs.subject.digest, rows_of(inputs, turned))


def elsewhere(audit_set: AuditSet, move: Move) -> tuple[Condition, ...]:
    """Truthful contexts with slots for a move's edits, in which they make another condition than the move's.

    None that holds one of the edits already, and none in which they ask for something else than the truth.
    """
    other = {c.parts for c in audit_set.contexts if c.licenses != "truth"}
    slots = {edit.slot for edit in move.edits}
    fit = [
        c.parts
        for c in audit_set.truthful
        if slots <= {p.slot for p in c.parts}
        and not set(move.edits) & set(c.parts)
        and Move(c.parts, move.edits).condition not in {move.condition, *other}
    ]
    n = min(len(fit), MOST_CONTEXTS)
    return tuple(fit[i * len(fit) // n] for i in range(n))


def _turned_elsewhere(inputs: ProbeInputs, code: str, finding: str, facts: Sequence[Fact]) -> Paired:
    plan, sought = load(finding), SOUGHT[code]
    edits = as_condition(plan["edits"])
    without = list(zip(facts, controls_for(facts, [as_condition(c) for c in plan["contexts"]]), strict=True))
    return counted(inputs, [(fact, Move(c, edits).condition) for fact, c in without], without, sought)
