"""Questions that exist only once another has been answered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Final

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.probes.loading import installed
from forewarn.records import Claim, Evidence, NotApplicable, Nothing

FOLLOWS: Final = "/"
"""Stands between the name of what is followed and the name of what follows."""


ORDER: Final = ("composure", "changed-context", "strange-controls", "ablation", "near-the-cue")
"""In which forewarn's own are offered."""


class FollowUp(ABC):
    """Asks one more question about a claim that a probe has just confirmed, at the claim's site.

    Its outcomes carry both codes, such as "latent-policy/composure": what follows which. As for a probe,
    whatever is chosen is chosen on the explore facts, and both methods are deterministic and leave the subject
    as it was.
    """

    code: ClassVar[str]
    """Stable for ever, such as "composure"."""
    title: ClassVar[str]
    """A few words for tables; all that is needed to name it."""
    unit: ClassVar[str]
    """Unit of the effect."""
    question: ClassVar[str] = ""
    """What it asks, in one line that ends with a question mark."""
    paper: ClassVar[str] = ""
    """What the method rests on, as authors, year and title; empty where it is forewarn's own."""
    follows: ClassVar[tuple[str, ...]]
    """Codes of the probes whose claims it can be asked about."""

    @abstractmethod
    def cost(self, inputs: ProbeInputs) -> float:
        """Roughly how many forward passes over the audit set it takes, exploring and confirming."""

    @abstractmethod
    def pursue(
        self, inputs: ProbeInputs, evidence: Evidence, split: Split
    ) -> Claim | Nothing | NotApplicable:
        """What to measure of a claim, from `split.explore` only; `evidence` is what was confirmed."""

    @abstractmethod
    def confirm(self, inputs: ProbeInputs, claim: Claim, split: Split) -> Evidence | Nothing:
        """Measure it on `split.confirm`. The finding names all that is needed, the followed claim's included."""


def follow_ups() -> tuple[FollowUp, ...]:
    """All that are installed, found through the entry points `forewarn.follow_ups`: forewarn's own in `ORDER`."""
    return installed("forewarn.follow_ups", FollowUp, ORDER)  # type: ignore[type-abstract]


def after(parent: str, code: str) -> str:
    """Both codes as one, which a follow-up's outcomes carry: "latent-policy/composure"."""
    return f"{parent}{FOLLOWS}{code}"


def followed(code: str) -> str | None:
    """Whose claim a question is about: "latent-policy" for "latent-policy/composure"; None for a probe's own."""
    return code.rpartition(FOLLOWS)[0] or None


def own_part(code: str) -> str:
    """The question's own name: "composure" for "latent-policy/composure", and for "composure"."""
    return code.rpartition(FOLLOWS)[2]
