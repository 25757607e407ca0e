"""Questions that exist only once another has been answered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib.metadata import entry_points
from typing import ClassVar

from forewarn.auditset import Split
from forewarn.errors import ConfigurationError
from forewarn.instruments.interview import Interview
from forewarn.records import Claim, Evidence, NotApplicable, Nothing


class FollowUp(ABC):
    """Asks one more question about a claim that a probe has just confirmed, at the claim's site.

    Its outcomes carry both codes, such as "TP003.FU001": what follows which. As for a probe, whatever is chosen is
    chosen on the explore facts, and both methods are deterministic and leave the subject as it was.
    """

    code: ClassVar[str]
    """Stable for ever, such as "FU001"."""
    title: ClassVar[str]
    """A few words for tables."""
    unit: ClassVar[str]
    """Unit of the effect."""
    follows: ClassVar[tuple[str, ...]]
    """Codes of the probes whose claims it can be asked about."""

    @abstractmethod
    def cost(self, interview: Interview) -> float:
        """Roughly how many forward passes over the audit set it takes, exploring and confirming."""

    @abstractmethod
    def pursue(
        self, interview: Interview, evidence: Evidence, split: Split
    ) -> Claim | Nothing | NotApplicable:
        """What to measure of a claim, from `split.explore` only; `evidence` is what was confirmed."""

    @abstractmethod
    def confirm(self, interview: Interview, claim: Claim, split: Split) -> Evidence | Nothing:
        """Measure it on `split.confirm`. The finding names all that is needed, the followed claim's included."""


def follow_ups() -> tuple[FollowUp, ...]:
    """All that are installed, by code, found through the entry points `forewarn.follow_ups`."""
    found = {point.name: point for point in entry_points(group="forewarn.follow_ups")}
    return tuple(_loaded(name, found[name].load()) for name in sorted(found))


def _loaded(name: str, home: type[FollowUp]) -> FollowUp:
    follow_up = home()
    if follow_up.code != name:
        raise ConfigurationError(
            f"the entry point {name!r} gives a follow-up whose code is {follow_up.code!r}; wanted the same"
        )
    return follow_up


def after(parent: str, code: str) -> str:
    """Both codes as one, which a follow-up's outcomes carry: "TP003.FU001"."""
    return f"{parent}.{code}"


def followed(code: str) -> str | None:
    """Whose claim the question is about: "TP003" for "TP003.FU001"; None for a question of a probe's own."""
    return code.rpartition(".")[0] or None
