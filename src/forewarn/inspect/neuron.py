"""`--neuron L.N`: what a neuron reads and writes, when it is active, and whom it hears and tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import NotApplicableError
from forewarn.inspect.bench import Bench
from forewarn.inspect.links import Links, from_heads, inwards, outwards, strongest
from forewarn.inspect.tokens import ranking
from forewarn.lenses import LensSet
from forewarn.lenses.transports import Transport
from forewarn.lenses.views import input_view, output_view
from forewarn.records import Fired, Neuron, Ranking

Follow = Callable[[Bench, int, int, int], Iterable[Links]]


def neuron(bench: Bench, layer: int, unit: int, k: int) -> Neuron:
    """All that can be told of a neuron; what cannot stands among its notes.

    Raises:
        ConfigurationError: there is no such block or neuron.
        NotApplicableError: the block's neurons cannot be given.
    """
    mlp, last = bench.neuron(layer, unit), len(bench.anatomy.blocks)
    notes = _Notes()
    with bench.opened.tell("following what the neuron reads and writes"):
        rankings = tuple(_rankings(bench, layer, unit, k, notes))
        parts = {
            "into": _followed(bench, inwards, (layer, unit), range(1, layer), notes),
            "heads": _followed(bench, from_heads, (layer, unit), _hearing(bench, layer), notes),
            "out": _followed(bench, outwards, (layer, unit), range(layer + 1, last + 1), notes),
        }
    return Neuron(
        layer=layer,
        unit=unit,
        units=mlp.n,
        gated=mlp.up is not None,
        through=bench.total.name,
        rankings=rankings,
        fired=tuple(_fired(bench, layer, unit)),
        **{name: strongest(found, k) for name, found in parts.items()},
        notes=tuple(notes.found),
    )


@final
@dataclass(slots=True)
class _Notes:
    """Mutable: what could not be told, each reason once."""

    found: dict[str, None] = field(default_factory=dict)

    def add(self, what: str, error: NotApplicableError) -> None:
        self.found[f"{what}: {error.reason}"] = None


def _rankings(bench: Bench, layer: int, unit: int, k: int, notes: _Notes) -> Iterator[Ranking]:
    mlp, word = bench.anatomy.mlp(layer), bench.opened.wording.word
    rows = slice(unit, unit + 1)
    for through in bench.transports:
        try:
            view = output_view(bench.anatomy, through, mlp.writes_to, mlp.write[rows])
            yield ranking("writes", view, word, k)
        except NotApplicableError as error:
            notes.add("what it writes in tokens", error)
    for side in _sides(bench, notes):
        yield ranking("reads", input_view(bench.anatomy, side, mlp.site, mlp.read[rows]), word, k)
        if mlp.up is not None:
            yield ranking("reads (up)", input_view(bench.anatomy, side, mlp.site, mlp.up[rows]), word, k)


def _sides(bench: Bench, notes: _Notes) -> Iterator[Transport | LensSet]:
    """Through what the input side is read: the generative map too, where there are lenses."""
    yield from bench.transports
    try:
        yield bench.opened.lenses
    except NotApplicableError as error:
        notes.add("which tokens come with it", error)


def _hearing(bench: Bench, layer: int) -> list[int]:
    """Blocks whose heads have written before the neuron reads."""
    site = bench.anatomy.mlp(layer).site
    last = layer if site.layer == layer else layer - 1
    return list(range(1, last + 1))


def _followed(
    bench: Bench, follow: Follow, place: tuple[int, int], blocks: Iterable[int], notes: _Notes
) -> list[Links]:
    found: list[Links] = []
    for block in blocks:
        try:
            found += follow(bench, *place, block)
        except NotApplicableError as error:
            notes.add(f"links with block {block}", error)
    return found


def _fired(bench: Bench, layer: int, unit: int) -> Iterator[Fired]:
    """Over the explore facts: the audit set's prompts together, then each context and each condition claimed."""
    rows = {name: found[:, unit].double() for name, found in bench.activations(layer).items()}
    n = len(bench.opened.inputs.audit_set.contexts)
    yield _statistics("", torch.cat(list(rows.values())[:n]))
    yield from (_statistics(name, row) for name, row in rows.items())


def _statistics(context: str, values: Float[Tensor, " n"]) -> Fired:
    return Fired(
        context=context,
        mean=float(values.mean()),
        deviation=float(values.std(correction=0)),
        low=float(values.min()),
        high=float(values.max()),
        positive=float((values > 0).double().mean()),
        n=len(values),
    )
