"""What a person asks of a snapshot. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from forewarn.records import Word

TRANSPORTS: Final = ("jacobian", "regression", "tuned", "identity")
"""The first is the default."""
TOP: Final = 8
"""Entries of a ranking, unless told otherwise."""
BACK: Final = 1
"""Positions between key and query, unless told otherwise."""


@final
@dataclass(frozen=True, slots=True)
class Prompted:
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
    """Each part is left out where it is None."""

    lens: Prompted | None = None
    """Lens trajectories."""
    neuron: tuple[int, int] | None = None
    """Block and number."""
    virtual: tuple[int, int, int] | None = None
    """Block and number of a neuron, and another block."""
    head: tuple[int, int] | None = None
    """Block and number."""
    transport: str = TRANSPORTS[0]
    """Of the total views."""
    top: int = TOP
    """Entries of each ranking."""
    back: int = BACK
    """Positions between key and query, for a head."""


@final
@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked of the probes and said of the model; recorded as a trace."""

    codes: tuple[str, ...] = ()
    """Questions, in this order, each as CODE or CODE@SITE."""
    site: str | None = None
    """Where; by default everywhere they can be asked."""
    word: Word | None = None
    """Said after them."""
    who: str | None = None
    """Who asks; by default the login name."""
    listed: bool = False
    """Whether to tell all that can be asked."""
