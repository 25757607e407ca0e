"""Suppression path: which neurons lead from what reads a cue to what takes the truth away?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, final

from forewarn.auditset import Answer, Fact, Split, describe
from forewarn.errors import NotApplicableError
from forewarn.instruments.finding import dump, load
from forewarn.instruments.paths.changes import changes, neurons_of
from forewarn.instruments.paths.holding import Hold, held, holds
from forewarn.instruments.paths.ranking import Path, paths
from forewarn.instruments.preference import preference
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.rows import rows_of
from forewarn.instruments.search.turning import Contrast, turning
from forewarn.lenses.transports import Identity
from forewarn.probes.contract import SEARCH, Probe
from forewarn.records import Claim, Evidence, NotApplicable, Nothing, Site, StreamSite, Work
from forewarn.subjects.layout import Layout

LEAST_KNOWN = 4
"""Known facts below which the question is not asked."""
LEAST_EFFECT = 0.1
"""Effect on the explore facts below which no claim is made; also the least share that a condition must turn."""
MOST_FACTS = 12
"""Explore facts that the condition is searched with and the neurons are ranked on."""


@final
class SuppressionPath(Probe):
    """Holds the neurons between a cue and the loss of the truth at what they were without it.

    Where a condition turns true answers false, the neurons at the answer's position are ranked by the paths that
    they lie on: change of activation, times virtual weight into later neurons, times what those take from the
    truth. All of these are direct effects, so that paths add up (Elhage et al. 2021). The first ones are clamped
    to their values in the base context, fact by fact; the effect is the share of known facts whose false answer
    turns true. Matched null: as many other neurons of the same blocks whose change writes about as much.
    """

    code: ClassVar[str] = "suppression-path"
    title: ClassVar[str] = "suppression path"
    unit: ClassVar[str] = "share of known facts"
    question: ClassVar[str] = "Which neurons lead from what reads a cue to what takes the truth away?"
    paper: ClassVar[str] = "Elhage et al. 2021, A Mathematical Framework for Transformer Circuits"
    shared: ClassVar[tuple[Work, ...]] = (SEARCH,)

    def sites(self, layout: Layout) -> tuple[Site, ...]:
        """The neurons of all blocks at the answer's position, as one question."""
        return (Site(layout.n_layers, 1.0, "mlp", "answer"),)

    def cost(self, inputs: ProbeInputs) -> float:
        """A few answers with neurons held, again and again."""
        return 15.0

    def explore(self, inputs: ProbeInputs, site: Site, split: Split) -> Claim | Nothing | NotApplicable:
        """Find the condition, rank the neurons, try how many must be held."""
        facts = inputs.known(split.explore)[:MOST_FACTS]
        if len(facts) < LEAST_KNOWN:
            return NotApplicable(self.code, site, f"{len(facts)} facts are known; {LEAST_KNOWN} are needed")
        try:
            neurons_of(inputs.subject)
        except NotApplicableError as error:
            return NotApplicable(self.code, site, error.reason)
        found = turning(inputs, facts)
        if found.share < LEAST_EFFECT:
            reason = (
                f"under the worst of {found.asked} conditions {found.share:+.2f} of known facts turn false"
            )
            return Nothing(self.code, site, reason, len(facts))
        return self._best(inputs, site, facts, found.contrast)

    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """Ask the confirm facts under the condition, with the neurons held and with those of the null."""
        facts = inputs.known(split.confirm)
        if not facts:
            return Nothing(self.code, claim.site, "no confirm fact is known", len(split.confirm))
        finding = load(claim.finding)
        contrast, hold = Contrast.from_json(finding), Hold.from_json(finding)
        back = held(inputs, facts, contrast, hold)
        false = inputs.answers(facts, contrast.condition).count(Answer.FALSE)
        sentence = (
            f'Asked "{describe(contrast.condition)}", {false} of {back.n} known facts are answered falsely; with '
            f"{len(hold.neurons)} neurons held at what they are "
            f'under "{describe(contrast.base)}" {sum(back.shown)} of these are answered truly again, '
            f"{sum(back.null)} with as many others; the strongest path leads {finding['path']}"
        )
        return back.evidence(claim, sentence, self.unit, inputs.subject.digest, rows_of(inputs, back))

    def _best(
        self, inputs: ProbeInputs, site: Site, facts: Sequence[Fact], contrast: Contrast
    ) -> Claim | Nothing:
        """The number of neurons that brings most answers back on the explore facts, the fewest among equals."""
        ranked, choices = _ranked(inputs, facts, contrast)
        effects = [held(inputs, facts, contrast, hold).effect for hold in choices]
        best = max(range(len(choices)), key=effects.__getitem__, default=None)
        if best is None or effects[best] < LEAST_EFFECT:
            most, size = max(effects, default=0.0), max((len(c.neurons) for c in choices), default=0)
            reason = f"holding up to {size} neurons brings {most:+.2f} of known facts back to the truth"
            return Nothing(self.code, site, reason, len(facts))
        finding = dump(**contrast.as_json(), **choices[best].as_json(), path=_words(ranked))
        return Claim(self.code, site, effects[best], finding)


def _ranked(inputs: ProbeInputs, facts: Sequence[Fact], contrast: Contrast) -> tuple[list[Path], list[Hold]]:
    """All paths by how much truth they take, and the choices of neurons that follow from them."""
    blocks = changes(inputs, facts, contrast)
    wants = preference(inputs, facts, contrast.condition)
    ranked = paths(blocks, wants, Identity(), StreamSite(inputs.subject.n_layers))
    return ranked, list(holds(blocks, ranked))


def _words(ranked: Sequence[Path]) -> str:
    """The strongest path over two neurons, or over one where no two are joined."""
    path = next((p for p in ranked if p.reader != p.suppressor), ranked[0])
    (k, i), (m, j) = path.reader, path.suppressor
    return f"from neuron {k}.{i} to {m}.{j}" if path.reader != path.suppressor else f"through neuron {m}.{j}"
