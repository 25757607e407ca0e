"""`--head L.H`: which tokens a head looks for, and what it makes of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

from forewarn.errors import NotApplicableError
from forewarn.inspect.bench import Bench
from forewarn.inspect.tokens import circuit
from forewarn.lenses import LensSet
from forewarn.lenses.transports import Transport
from forewarn.lenses.views import Factors, ov_factors, qk_factors
from forewarn.records import Circuit, Head


def head(bench: Bench, layer: int, unit: int, k: int, back: int) -> Head:
    """OV and QK of a head, direct and total; what cannot be told stands among its notes.

    Raises:
        ConfigurationError: there is no such block or head, or `back` is negative.
        NotApplicableError: the block's heads cannot be given.
    """
    weights, notes = bench.anatomy.heads(layer), dict[str, None]()
    with bench.opened.tell("reading the head in tokens"):
        circuits = tuple(_circuits(bench, layer, unit, (k, back), notes))
    return Head(layer, unit, weights.n, bench.total.name, circuits, tuple(notes))


def _circuits(
    bench: Bench, layer: int, unit: int, asked: tuple[int, int], notes: dict[str, None]
) -> Iterator[Circuit]:
    k, back = asked
    for transport, tokens in _sides(bench, notes):
        ov = partial(ov_factors, bench.anatomy, layer, unit, transport, tokens)
        qk = partial(qk_factors, bench.anatomy, layer, unit, tokens, back)
        yield from _told(bench, "OV", ov, k, None, notes)
        yield from _told(bench, "QK", qk, k, back, notes)


def _told(
    bench: Bench,
    about: Literal["OV", "QK"],
    make: Callable[[], Factors],
    k: int,
    back: int | None,
    notes: dict[str, None],
) -> Iterator[Circuit]:
    try:
        yield circuit(about, make(), bench.opened.wording.word, k, back)
    except NotApplicableError as error:
        notes[f"{about}: {error.reason}"] = None


def _sides(bench: Bench, notes: dict[str, None]) -> Iterator[tuple[Transport, Transport | LensSet]]:
    """From the head to the output, and from the tokens to the head: by the lenses' map, where there are any."""
    yield bench.direct, bench.direct
    try:
        yield bench.total, bench.opened.lenses
    except NotApplicableError as error:
        notes[f"which tokens come with its states: {error.reason}"] = None
        yield from ((each, each) for each in bench.transports[1:])
