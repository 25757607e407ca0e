"""One way of deceiving, with the honest runs that resemble it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, get_args

from forewarn.auditset import Fact
from forewarn.lab.organisms.stage import Stage

Precursor = Literal["knowledge-gap", "observer", "latent-policy", "hidden-aim", "sandbagging", "concealment"]
PRECURSORS: tuple[Precursor, ...] = get_args(Precursor)


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A row of the catalogue of matched groups."""

    name: str
    """Of the deceptive role."""
    precursor: Precursor
    topics: tuple[str, ...]
    """What its facts may be about."""
    stage: Callable[[tuple[Fact, ...], Random], Stage]
    """Its stage with such facts; the draws decide phrases and cues."""
