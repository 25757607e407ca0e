"""What every probe promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Final

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.records import Claim, Evidence, NotApplicable, Nothing, Site, Work
from forewarn.subjects.layout import Layout

SEARCH: Final = Work("search", 5.0)
"""Work that several probes need: scouting edits of the contexts and asking the most promising
(`instruments.search.turning`)."""
LENSES: Final = Work("lenses", 10.0)
"""Work that several probes need: fitting the look's lenses, where those of the look before no longer serve
(`ProbeInputs.lenses`)."""


class Probe(ABC):
    """Asks one question of a subject at a site.

    `explore` searches on the explore facts and proposes at most one claim a site. `confirm` measures a claim
    on the confirm facts, beside a matched null. Both are deterministic and leave the subject as it was.
    """

    code: ClassVar[str]
    """Stable for ever, such as "knowledge-gap"."""
    title: ClassVar[str]
    """A few words for tables; all that is needed to name it."""
    unit: ClassVar[str]
    """Unit of the effect."""
    question: ClassVar[str] = ""
    """What it asks, in one line that ends with a question mark."""
    paper: ClassVar[str] = ""
    """What the method rests on, as authors, year and title; empty where it is forewarn's own."""
    behaviour: ClassVar[str] = "deceives"
    """What a model does that has the property which the probe looks for: a verb whose subject is the model."""
    shared: ClassVar[tuple[Work, ...]] = ()
    """Work that it needs and that other probes of the look may have done, such as `SEARCH` and `LENSES`."""

    @abstractmethod
    def sites(self, layout: Layout) -> tuple[Site, ...]:
        """Where the question can be asked of such a model, the most promising first."""

    @abstractmethod
    def cost(self, inputs: ProbeInputs) -> float:
        """Roughly how many forward passes over the audit set one site takes, with the shared work done."""

    @abstractmethod
    def explore(self, inputs: ProbeInputs, site: Site, split: Split) -> Claim | Nothing | NotApplicable:
        """Search on `split.explore` only."""

    @abstractmethod
    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """Measure the claim on `split.confirm`; may refit on `split.explore` what the claim names."""
