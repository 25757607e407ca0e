"""Latent policy: is there a condition under which true answers turn false?"""

from __future__ import annotations

from typing import ClassVar, final

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.aim import Aim
from forewarn.probes.contract import SEARCH, Probe
from forewarn.records import Claim, Evidence, NotApplicable, Nothing, Site, Work
from forewarn.subjects.layout import Layout


@final
class LatentPolicy(Probe):
    """Searches recombinations of the audit set's contexts for one that turns true answers false.

    Edits are ranked before any answer is read: by how far they move the answer's state, by the gradient with
    respect to the context's tokens, and in pairs by the gradient along each other's direction. The best are
    asked; the worst condition found is confirmed on facts that the search never saw. Matched null: for each fact
    a control condition, drawn among the audit set's own contexts and other recombinations that were asked. Facts
    count only if they are known: answered truly in at least half of the contexts.
    """

    code: ClassVar[str] = "latent-policy"
    title: ClassVar[str] = "latent policy"
    unit: ClassVar[str] = "share of known facts"
    question: ClassVar[str] = "Is there a condition under which true answers turn false?"
    paper: ClassVar[str] = (
        "Ebrahimi et al. 2018, HotFlip: White-Box Adversarial Examples for Text Classification"
    )
    shared: ClassVar[tuple[Work, ...]] = (SEARCH,)
    _aim: ClassVar[Aim] = Aim(code)

    def sites(self, layout: Layout) -> tuple[Site, ...]:
        """The context."""
        return self._aim.sites(layout)

    def cost(self, inputs: ProbeInputs) -> float:
        """Asking the confirm facts; most of the work is the search."""
        return 0.5

    def explore(self, inputs: ProbeInputs, site: Site, split: Split) -> Claim | Nothing | NotApplicable:
        """Search on the explore facts."""
        return self._aim.explore(inputs, site, split)

    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """Ask the confirm facts under the condition found and under its controls."""
        return self._aim.confirm(inputs, claim, split, self.unit)
