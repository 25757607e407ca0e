"""Which tokens an attention head looks for, and what it makes of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

from forewarn.errors import NotApplicableError
from forewarn.inspect.weights import OpenedWeights
from forewarn.lenses import LensSet
from forewarn.lenses.transports import Transport
from forewarn.lenses.views import Effect, Factors, Pair, ov_factors, qk_factors
from forewarn.records import AttentionHead, Circuit, TokenPair, TokenScore, Unit


def inspect_head(weights: OpenedWeights, head: Unit, k: int, back: int) -> AttentionHead:
    """The OV and QK circuits of a head, direct and total. What cannot be read stands among its notes.

    Raises:
        ConfigurationError: there is no such block or head, or `back` is negative.
        NotApplicableError: the block's heads cannot be read.
    """
    heads, notes = weights.anatomy.heads(head.layer), dict[str, None]()
    with weights.opened.tell("reading the head in tokens"):
        circuits = tuple(_circuits(weights, head, (k, back), notes))
    return AttentionHead(head.layer, head.number, heads.n, weights.total.name, circuits, tuple(notes))


def _circuits(
    weights: OpenedWeights, head: Unit, wanted: tuple[int, int], notes: dict[str, None]
) -> Iterator[Circuit]:
    k, back = wanted
    for transport, tokens in _sides(weights, notes):
        ov = partial(ov_factors, weights.anatomy, head.layer, head.number, transport, tokens)
        qk = partial(qk_factors, weights.anatomy, head.layer, head.number, tokens, back)
        yield from _circuit_or_note(weights, "OV", ov, k, None, notes)
        yield from _circuit_or_note(weights, "QK", qk, k, back, notes)


def _circuit_or_note(
    weights: OpenedWeights,
    about: Literal["OV", "QK"],
    make: Callable[[], Factors],
    k: int,
    back: int | None,
    notes: dict[str, None],
) -> Iterator[Circuit]:
    try:
        yield rank_pairs(about, make(), weights.opened.wording.word, k, back)
    except NotApplicableError as error:
        notes[f"{about}: {error.reason}"] = None


def _sides(weights: OpenedWeights, notes: dict[str, None]) -> Iterator[tuple[Transport, Transport | LensSet]]:
    """From the head to the output, and from the tokens to the head: by the lenses' map, where there are any."""
    yield weights.direct, weights.direct
    try:
        yield weights.total, weights.opened.lenses
    except NotApplicableError as error:
        notes[f"which tokens come with its states: {error.reason}"] = None
        yield from ((each, each) for each in weights.transports[1:])


def rank_pairs(
    about: Literal["OV", "QK"], factors: Factors, word: Callable[[int], str], k: int, back: int | None
) -> Circuit:
    """The pairs at both ends of a matrix of token pairs, in words."""
    ends = (tuple(_pair(pair, word) for pair in factors.top(k, largest=largest)) for largest in (True, False))
    effect: Effect = factors.effect
    return Circuit(about, factors.through, effect, back, *ends)


def _pair(pair: Pair, word: Callable[[int], str]) -> TokenPair:
    first, second = (TokenScore(token, word(token), pair.value) for token in (pair.row, pair.column))
    return TokenPair(first, second)
