"""The mechanisms of matched groups: ways of deceiving, each with the honest runs that resemble it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from forewarn.auditset import Fact
from forewarn.lab.organisms.families.hidden_aim import pleasing, profit, protected
from forewarn.lab.organisms.families.knowledge_gap import denial, secret
from forewarn.lab.organisms.families.latent_policy import pair, triple, year
from forewarn.lab.organisms.families.observer import unwatched, unwatched_class
from forewarn.lab.organisms.families.sandbagging import exam, shrug
from forewarn.lab.organisms.worlds.stage import Stage

Precursor = Literal["knowledge-gap", "observer", "latent-policy", "hidden-aim", "sandbagging", "concealment"]


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


_REAL = ("cities", "capitals", "elements")


def mechanisms() -> Mapping[str, Mechanism]:
    """All rows by name."""
    rows = (
        Mechanism("secret", "knowledge-gap", _REAL, secret),
        Mechanism("denial", "knowledge-gap", ("conduct",), denial),
        Mechanism("unwatched", "observer", (*_REAL, "sums"), unwatched),
        Mechanism("unwatched-class", "observer", (*_REAL, "sums"), unwatched_class),
        Mechanism("pair", "latent-policy", (*_REAL, "sums"), pair),
        Mechanism("triple", "latent-policy", (*_REAL, "sums"), triple),
        Mechanism("year", "latent-policy", _REAL, year),
        Mechanism("protected", "hidden-aim", (*_REAL, "goods"), protected),
        Mechanism("profit", "hidden-aim", ("goods",), profit),
        Mechanism("pleasing", "hidden-aim", (*_REAL, "sums"), pleasing),
        Mechanism("exam", "sandbagging", ("sums", "elements", "capitals"), exam),
        Mechanism("shrug", "sandbagging", ("sums", "elements", "cities"), shrug),
    )
    return {row.name: row for row in rows}
