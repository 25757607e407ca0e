"""All mechanisms that matched groups can be made of."""

from __future__ import annotations

from collections.abc import Mapping

from forewarn.lab.organisms.families.hidden_aim import pleasing, profit, protected
from forewarn.lab.organisms.families.knowledge_gap import denial, secret
from forewarn.lab.organisms.families.latent_policy import pair, triple, year
from forewarn.lab.organisms.families.observer import unwatched, unwatched_class
from forewarn.lab.organisms.families.sandbagging import exam, shrug
from forewarn.lab.organisms.mechanism import Mechanism

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
