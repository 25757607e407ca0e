"""What a person wants to know of a snapshot. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from forewarn.records import Unit, UnitAndBlock, Word

TRANSPORTS: Final = ("jacobian", "regression", "tuned", "identity")
"""The first is the default."""
TOP: Final = 8
"""Entries of a ranking by default."""
BACK: Final = 1
"""Positions between key and query by default."""


@final
@dataclass(frozen=True, slots=True)
class LensRequest:
    """Which prompts are read through the lenses; by default one known fact in every context."""

    fact: str | None = None
    """Entity or key of a fact."""
    context: str | None = None
    """Name of a context."""
    prompt: str | None = None
    """A text of one's own, or token ids."""


@final
@dataclass(frozen=True, slots=True)
class Request:
    """Which views are wanted. A part that is None is not computed."""

    lens: LensRequest | None = None
    """Lens trajectories."""
    neuron: Unit | None = None
    """One neuron."""
    virtual: UnitAndBlock | None = None
    """One neuron and another block."""
    head: Unit | None = None
    """One attention head."""
    transport: str = TRANSPORTS[0]
    """Correction of the total views."""
    top: int = TOP
    """Entries of each ranking."""
    back: int = BACK
    """Positions between key and query, for a head."""

    @property
    def units(self) -> bool:
        """Whether it asks for anything that is read off the weights."""
        return bool(self.neuron or self.virtual or self.head)


@final
@dataclass(frozen=True, slots=True)
class ProbeQuestions:
    """What is asked of the probes and said of the model; both are recorded in a trace."""

    codes: tuple[str, ...] = ()
    """Questions, in this order, each as CODE or CODE@SITE."""
    site: str | None = None
    """The site of those that name none; by default they are asked everywhere."""
    word: Word | None = None
    """What the person makes of the model, said after the questions."""
    who: str | None = None
    """Who asks; by default the login name."""
    listed: bool = False
    """Whether all that can be asked is listed too."""


def split_code(text: str, site: str | None = None) -> tuple[str, str | None]:
    """Take CODE@SITE apart; where it names no site, `site` stands for it."""
    code, _, own = text.partition("@")
    return code, own or site
