"""Tokens in the order of what a view says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["direct", "total"]


@dataclass(frozen=True, slots=True)
class TokenScore:
    """One token in a ranking."""

    token: int
    """Its id."""
    word: str
    """What it stands for, or its number."""
    value: float
    """In the ranking's own unit."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The tokens at both ends of a view."""

    about: Literal["writes", "reads", "reads (up)"]
    """Which side of the neuron."""
    through: str
    """The transport, or "generative"."""
    effect: Effect
    """Which effect the view predicts."""
    top: tuple[TokenScore, ...]
    """Largest first."""
    bottom: tuple[TokenScore, ...]
    """Smallest first."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Two tokens and their value."""

    first: TokenScore
    """The attended token (OV) or the query (QK); its value is the pair's."""
    second: TokenScore
    """The output token (OV) or the key (QK); its value is the pair's."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """The pairs at both ends of an OV or QK matrix."""

    about: Literal["OV", "QK"]
    through: str
    effect: Effect
    back: int | None
    """Positions between key and query; None for OV."""
    top: tuple[TokenPair, ...]
    bottom: tuple[TokenPair, ...]


def words_of(scores: tuple[TokenScore, ...]) -> str:
    """The tokens with their values, in one line."""
    return ", ".join(f"{score.word} {score.value:.3g}" for score in scores)


def pair_of(pairs: tuple[TokenPair, ...]) -> str:
    """The first pair in one line; empty without one."""
    return next((f"{p.first.word} / {p.second.word} {p.first.value:.3g}" for p in pairs), "")
