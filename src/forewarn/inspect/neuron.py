"""`--neuron L.N`: what a neuron reads and writes, when it is active, and whom it hears and tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import NotApplicableError
from forewarn.inspect.links import Links, from_heads, inwards, outwards, strongest
from forewarn.inspect.weights import OpenedWeights
from forewarn.lenses import LensSet
from forewarn.lenses.transports import Transport
from forewarn.lenses.views import TokenView, input_view, output_view, top_tokens
from forewarn.records import Fired, Neuron, Ranking, TokenScore, Unit

Follow = Callable[[OpenedWeights, Unit, int], Iterable[Links]]


def inspect_neuron(weights: OpenedWeights, neuron: Unit, k: int) -> Neuron:
    """All that can be read of a neuron. What cannot be read stands among its notes, with the reason.

    Raises:
        ConfigurationError: there is no such block or neuron.
        NotApplicableError: the block's neurons cannot be read.
    """
    mlp, layer, last = weights.neurons(neuron), neuron.layer, len(weights.anatomy.blocks)
    notes = _Notes()
    with weights.opened.tell("following what the neuron reads and writes"):
        rankings = tuple(_rankings(weights, neuron, k, notes))
        parts = {
            "into": _followed(weights, inwards, neuron, range(1, layer), notes),
            "heads": _followed(weights, from_heads, neuron, _hearing(weights, layer), notes),
            "out": _followed(weights, outwards, neuron, range(layer + 1, last + 1), notes),
        }
    return Neuron(
        layer=layer,
        unit=neuron.number,
        units=mlp.n,
        gated=mlp.up is not None,
        through=weights.total.name,
        rankings=rankings,
        fired=tuple(_fired(weights, neuron)),
        **{name: strongest(found, k) for name, found in parts.items()},
        notes=tuple(notes.found),
    )


@final
@dataclass(slots=True)
class _Notes:
    """Mutable: what could not be read, each reason once."""

    found: dict[str, None] = field(default_factory=dict)

    def add(self, what: str, error: NotApplicableError) -> None:
        self.found[f"{what}: {error.reason}"] = None


def _rankings(weights: OpenedWeights, neuron: Unit, k: int, notes: _Notes) -> Iterator[Ranking]:
    mlp, word = weights.anatomy.mlp(neuron.layer), weights.opened.wording.word
    rows = slice(neuron.number, neuron.number + 1)
    for through in weights.transports:
        try:
            view = output_view(weights.anatomy, through, mlp.writes_to, mlp.write[rows])
            yield rank_tokens("writes", view, word, k)
        except NotApplicableError as error:
            notes.add("what it writes in tokens", error)
    for side in _sides(weights, notes):
        yield rank_tokens("reads", input_view(weights.anatomy, side, mlp.site, mlp.read[rows]), word, k)
        if mlp.up is not None:
            yield rank_tokens(
                "reads (up)", input_view(weights.anatomy, side, mlp.site, mlp.up[rows]), word, k
            )


def _sides(weights: OpenedWeights, notes: _Notes) -> Iterator[Transport | LensSet]:
    """Through what the input side is read: the generative map too, where there are lenses."""
    yield from weights.transports
    try:
        yield weights.opened.lenses
    except NotApplicableError as error:
        notes.add("which tokens come with it", error)


def _hearing(weights: OpenedWeights, layer: int) -> list[int]:
    """Blocks whose heads have written before the neuron reads."""
    site = weights.anatomy.mlp(layer).site
    last = layer if site.layer == layer else layer - 1
    return list(range(1, last + 1))


def _followed(
    weights: OpenedWeights, follow: Follow, neuron: Unit, blocks: Iterable[int], notes: _Notes
) -> list[Links]:
    found: list[Links] = []
    for block in blocks:
        try:
            found += follow(weights, neuron, block)
        except NotApplicableError as error:
            notes.add(f"links with block {block}", error)
    return found


def _fired(weights: OpenedWeights, neuron: Unit) -> Iterator[Fired]:
    """Over the explore facts: the audit set's prompts together, then each context and each condition claimed."""
    rows = {
        name: found[:, neuron.number].double() for name, found in weights.activations(neuron.layer).items()
    }
    n = len(weights.opened.inputs.audit_set.contexts)
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


def rank_tokens(
    about: Literal["writes", "reads", "reads (up)"], view: TokenView, word: Callable[[int], str], k: int
) -> Ranking:
    """The tokens at both ends of a view's first row, in words."""
    ends = (_scores(view.values[0], word, k, largest=largest) for largest in (True, False))
    return Ranking(about, view.through, view.effect, *ends)


def _scores(
    values: Float[Tensor, " v"], word: Callable[[int], str], k: int, *, largest: bool
) -> tuple[TokenScore, ...]:
    found = top_tokens(values, k, largest=largest)
    return tuple(TokenScore(token, word(token), value) for token, value in found)
