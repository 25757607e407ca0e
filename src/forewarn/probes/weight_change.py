"""Weight change: do the directions that a model has newly learned to write take the truth away?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

from forewarn.auditset import Answer, Split, describe
from forewarn.errors import NotApplicableError
from forewarn.instruments.differences.restoring import ThenAndNow
from forewarn.instruments.differences.words import ViewMaps, first_direction, promising, view_maps, words
from forewarn.instruments.differences.writes import WriteChange, write_changes
from forewarn.instruments.finding import dump, load
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.rows import rows_of
from forewarn.instruments.search.turning import Contrast, turning
from forewarn.probes.contract import LENSES, SEARCH, Probe
from forewarn.records import Claim, Evidence, NotApplicable, Nothing, Site, Work
from forewarn.subjects.layout import Layout

LEAST_KNOWN = 4
"""Known facts below which the question is not asked."""
LEAST_EFFECT = 0.1
"""Effect on the explore facts below which no claim is made; also the least share that a condition must turn."""
MOST_FACTS = 12
"""Explore facts that the condition is searched with and the directions are tried on."""
MOST_TRIED = 6
"""Matrices whose directions are put back, those first that take most from the truth as the lens reads them."""


@final
class WeightChange(Probe):
    """Puts the stream back to an earlier snapshot, along what the model has newly learned to write.

    The difference between two snapshots of every matrix that writes to the stream (neurons; values and outputs of
    attention) is decomposed into directions. Where a condition turns true answers false, the state at the answer's
    position is put back, along the strongest few directions of one matrix, to what the earlier snapshot has there
    for the same question; the effect is the share of known facts whose false answer turns true. Matched null: as
    many other singular directions of the same difference, recombined at random, and moved as far. The lenses say
    which matrix to try first, which tokens the new directions promote and what drives them.
    """

    code: ClassVar[str] = "weight-change"
    title: ClassVar[str] = "weight change"
    unit: ClassVar[str] = "share of known facts"
    question: ClassVar[str] = "Do the directions that a model has newly learned to write take the truth away?"
    paper: ClassVar[str] = "Roy and Vetterli 2007, The Effective Rank: A Measure of Effective Dimensionality"
    shared: ClassVar[tuple[Work, ...]] = (
        SEARCH,
        LENSES,
    )

    def sites(self, layout: Layout) -> tuple[Site, ...]:
        """All matrices that write to the stream, as one question."""
        return (Site(layout.n_layers, 1.0, "weight", "answer"),)

    def cost(self, inputs: ProbeInputs) -> float:
        """A few answers with the stream put back, part by part."""
        return 20.0

    def explore(self, inputs: ProbeInputs, site: Site, split: Split) -> Claim | Nothing | NotApplicable:
        """Find the condition, and the matrix whose new directions explain it best."""
        then = inputs.earlier
        if then is None:
            return NotApplicable(self.code, site, "there is no earlier snapshot to compare with")
        facts = inputs.known(split.explore)[:MOST_FACTS]
        if len(facts) < LEAST_KNOWN:
            return NotApplicable(self.code, site, f"{len(facts)} facts are known; {LEAST_KNOWN} are needed")
        try:
            changes = write_changes(inputs.subject, then)
            inputs.subject.anatomy().readout()
        except NotApplicableError as error:
            return NotApplicable(self.code, site, error.reason)
        if not changes:
            return Nothing(self.code, site, "no matrix that writes to the stream has changed", len(facts))
        found = turning(inputs, facts)
        if found.share < LEAST_EFFECT:
            reason = (
                f"under the worst of {found.asked} conditions {found.share:+.2f} of known facts turn false"
            )
            return Nothing(self.code, site, reason, len(facts))
        case = ThenAndNow(inputs, then, facts, found.contrast.condition)
        return self._best(site, case, changes, view_maps(inputs, split), found.contrast)

    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """Put the confirm facts' states back along the same matrix's new directions."""
        finding, then = load(claim.finding), inputs.earlier
        if then is None or then.digest != finding["earlier"]:
            here = "none" if then is None else repr(then.digest)
            reason = (
                f"the claim compares with the snapshot {finding['earlier']!r}; the earlier one here is {here}"
            )
            return Nothing(self.code, claim.site, reason, len(split.confirm))
        facts = inputs.known(split.confirm)
        if not facts:
            return Nothing(self.code, claim.site, "no confirm fact is known", len(split.confirm))
        condition = Contrast.from_json(finding).condition
        change = next(c for c in write_changes(inputs.subject, then) if c.name == finding["matrix"])
        back = ThenAndNow(inputs, then, facts, condition).put_back(change)
        false = inputs.answers(facts, condition).count(Answer.FALSE)
        sentence = (
            f'Asked "{describe(condition)}", {false} of {back.n} known facts are answered falsely; put back to '
            f"snapshot {then.digest[:8]} along {len(change.strongest)} of the directions by which {change.name} "
            f"has changed ({change.share:.0%} of the change, effective rank {change.effective_rank:.1f}) "
            f"{sum(back.shown)} of these are answered truly again, {sum(back.null)} along as many others; the "
            f"first direction {first_direction(finding['words'])}"
        )
        return back.evidence(claim, sentence, self.unit, inputs.subject.digest, rows_of(inputs, back))

    def _best(
        self,
        site: Site,
        case: ThenAndNow,
        changes: Sequence[WriteChange],
        through: ViewMaps,
        contrast: Contrast,
    ) -> Claim | Nothing:
        """The matrix that brings most answers back, among those that the lens names first."""
        tried = promising(changes, case, through.output)[:MOST_TRIED]
        effects = [case.put_back(change).effect for change in tried]
        best = max(range(len(tried)), key=effects.__getitem__)
        if effects[best] < LEAST_EFFECT:
            reason = (
                f"the best of {len(tried)} matrices, put back along its new directions, brings "
                f"{effects[best]:+.2f} of known facts back to the truth"
            )
            return Nothing(self.code, site, reason, len(case.facts))
        matrix, read = tried[best].name, words(tried[best], case, through)
        finding = dump(**contrast.as_json(), matrix=matrix, earlier=case.then.digest, words=read)
        return Claim(self.code, site, effects[best], finding)
