"""Ablation: does the truth come back once the condition's own direction is taken out?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

from forewarn.auditset import Answer, Condition, Fact, Split, describe
from forewarn.instruments.finding import dump, load
from forewarn.instruments.paired import Paired, restored
from forewarn.instruments.probe_inputs import ProbeInputs, Written
from forewarn.instruments.replies import Replies
from forewarn.instruments.rows import rows_of
from forewarn.instruments.search.aim import BECOME, SOUGHT, Found
from forewarn.instruments.search.moves import origin
from forewarn.instruments.search.turning import Contrast
from forewarn.instruments.steering.levelling import Levelling
from forewarn.probes.follow_up import FollowUp, followed
from forewarn.records import Claim, Evidence, NotApplicable, Nothing, Site, StreamSite
from forewarn.subjects.edits import Edit

LEAST_EFFECT = 0.1
"""Effect on the explore facts below which no claim is made."""
MOST_FACTS = 12
"""Explore facts on which directions are fitted and sites are tried."""


@final
class Ablation(FollowUp):
    """Takes out of a model's states what the condition found puts into them, and asks again.

    At each position of the prompt the direction is the mean difference of states between the condition and the
    nearest truthful context, on the explore facts. Each state's component along it is brought to what that context
    has there; the effect is the share of known facts whose answer had turned and is true again. Causal: a policy
    that hangs on a representation of its cue is lost with it. Matched null: at each position a random direction,
    along which each state is pushed as far.
    """

    code: ClassVar[str] = "ablation"
    title: ClassVar[str] = "ablation"
    unit: ClassVar[str] = "share of known facts"
    question: ClassVar[str] = "Does the truth come back once the condition's own direction is taken out?"
    paper: ClassVar[str] = "Arditi et al. 2024, Refusal in Language Models Is Mediated by a Single Direction"
    follows: ClassVar[tuple[str, ...]] = tuple(SOUGHT)

    def cost(self, inputs: ProbeInputs) -> float:
        """Some facts twice at each site up to the claim's layer, then all of them twice."""
        return 1.0 + 1.5 * inputs.subject.n_layers

    def pursue(
        self, inputs: ProbeInputs, evidence: Evidence, split: Split
    ) -> Claim | Nothing | NotApplicable:
        """Choose the site, up to the claim's layer, at which most explore facts come back; of equals the last."""
        found = Found.read(evidence.code, evidence.finding)
        move = origin(inputs.audit_set, found.condition)
        if move is None:
            reason = "the condition found lies near no other context; give more contexts"
            return NotApplicable(self.code, evidence.site, reason)
        facts, contrast = inputs.known(split.explore)[:MOST_FACTS], Contrast(move.base, found.condition)
        effects = {}
        for site in _sites(inputs, evidence.site):
            levelling = Levelling.of(inputs, site, facts, contrast)
            effects[site] = _restored(inputs, levelling, facts, found.sought).effect
        best = max(effects, key=lambda site: (effects[site], site.stage))
        if effects[best] < LEAST_EFFECT:
            share = f"{effects[best]:+.2f} of known facts"
            reason = f"the best of {len(effects)} sites brings {share} back to the truth"
            return Nothing(self.code, evidence.site, reason, len(facts))
        finding = dump(**contrast.as_json(), of=evidence.finding, at=str(best))
        return Claim(self.code, evidence.site, effects[best], finding)

    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """The directions come from the explore facts, the answers from the confirm facts."""
        facts = inputs.known(split.confirm)
        if not facts:
            return Nothing(claim.code, claim.site, "no confirm fact is known", len(split.confirm))
        finding, sought = load(claim.finding), SOUGHT[followed(claim.code) or ""]
        contrast, fitted = Contrast.from_json(finding), inputs.known(split.explore)[:MOST_FACTS]
        levelling = Levelling.of(inputs, StreamSite.parse(finding["at"]), fitted, contrast)
        back = _restored(inputs, levelling, facts, sought)
        turned = inputs.answers(facts, contrast.condition).count(sought)
        sentence = (
            f'Asked "{describe(contrast.condition)}", {turned} of {back.n} known facts {BECOME[sought]}; with its '
            f'direction from "{describe(contrast.base)}" taken out at {levelling.site} {sum(back.shown)} '
            f"of these are answered truly again, {sum(back.null)} along random directions"
        )
        return back.evidence(claim, sentence, self.unit, inputs.subject.digest, rows_of(inputs, back))


def _sites(inputs: ProbeInputs, claimed: Site) -> list[StreamSite]:
    """After the embedding, where a cue is but itself, up to the layer at which the claim compares states."""
    return [s for s in inputs.subject.sites if 0 < s.layer <= max(1, claimed.layer)]


def _restored(inputs: ProbeInputs, levelling: Levelling, facts: Sequence[Fact], sought: Answer) -> Paired:
    """Which facts' answers had turned and are true while the directions are out; the same of random ones."""
    condition, shown, null = levelling.contrast.condition, dict[str, Written](), dict[str, Written]()
    for group, out, push in levelling.edits(inputs, facts):
        shown |= _written(inputs, group, condition, out)
        null |= _written(inputs, group, condition, push)
    return restored(
        sought,
        Replies.asked(inputs, [(fact, condition) for fact in facts]),
        Replies.gathered(facts, condition, shown, f"its direction taken out at {levelling.site}"),
        Replies.gathered(facts, condition, null, f"moved as far along random directions at {levelling.site}"),
    )


def _written(
    inputs: ProbeInputs, group: Sequence[Fact], condition: Condition, edit: Edit
) -> dict[str, Written]:
    keys = (fact.key for fact in group)
    return dict(zip(keys, inputs.replies_with(group, condition, [edit]), strict=True))
