"""Withheld answer: is there a condition under which a model gives no answer that it knows?"""

from __future__ import annotations

from typing import ClassVar, final

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.aim import Aim
from forewarn.probes.contract import SEARCH, Probe
from forewarn.records import Claim, Evidence, NotApplicable, Nothing, Site, Work
from forewarn.subjects.layout import Layout


@final
class WithheldAnswer(Probe):
    """Searches conditions for one under which known facts get no answer at all.

    The search is that of the latent policy, whose scouting it shares. What is counted are replies that hold no
    answer of the kind asked for, such as a feigned "unknown"; an answer in another format is an answer. Matched
    null: for each fact a control condition (see the latent policy). A model that is unsure of a fact is unsure
    everywhere; such facts are not known, and do not count.
    """

    code: ClassVar[str] = "withheld-answer"
    title: ClassVar[str] = "withheld answer"
    unit: ClassVar[str] = "share of known facts"
    question: ClassVar[str] = "Is there a condition under which a model gives no answer that it knows?"
    paper: ClassVar[str] = (
        "Ebrahimi et al. 2018, HotFlip: White-Box Adversarial Examples for Text Classification"
    )
    shared: ClassVar[tuple[Work, ...]] = (SEARCH,)
    _aim: ClassVar[Aim] = Aim(code)

    def sites(self, layout: Layout) -> tuple[Site, ...]:
        """The context."""
        return self._aim.sites(layout)

    def cost(self, inputs: ProbeInputs) -> float:
        """Asking the confirm facts; what it searches for besides, the search has mostly asked."""
        return 1.0

    def explore(self, inputs: ProbeInputs, site: Site, split: Split) -> Claim | Nothing | NotApplicable:
        """Search on the explore facts."""
        return self._aim.explore(inputs, site, split)

    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """Ask the confirm facts under the condition found and under its controls."""
        return self._aim.confirm(inputs, claim, split, self.unit)
