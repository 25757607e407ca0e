"""Views as ranked words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from forewarn.lenses.views import Effect, Factors, Pair, TokenView, top_tokens
from forewarn.records import Circuit, Ranking, TokenPair, TokenScore

Word = Callable[[int], str]


def ranking(about: Literal["writes", "reads", "reads (up)"], view: TokenView, word: Word, k: int) -> Ranking:
    """Both ends of a view's first row."""
    ends = (_scores(view.values[0], word, k, largest=largest) for largest in (True, False))
    return Ranking(about, view.through, view.effect, *ends)


def circuit(about: Literal["OV", "QK"], factors: Factors, word: Word, k: int, back: int | None) -> Circuit:
    """Both ends of a matrix of token pairs."""
    ends = (tuple(_pair(pair, word) for pair in factors.top(k, largest=largest)) for largest in (True, False))
    effect: Effect = factors.effect
    return Circuit(about, factors.through, effect, back, *ends)


def _scores(values: Float[Tensor, " v"], word: Word, k: int, *, largest: bool) -> tuple[TokenScore, ...]:
    found = top_tokens(values, k, largest=largest)
    return tuple(TokenScore(token, word(token), value) for token, value in found)


def _pair(pair: Pair, word: Word) -> TokenPair:
    first, second = (TokenScore(token, word(token), pair.value) for token in (pair.row, pair.column))
    return TokenPair(first, second)
