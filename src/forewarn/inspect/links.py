"""Virtual weights between one neuron and all units of another block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, final

from jaxtyping import Float
from torch import Tensor

from forewarn.inspect.weights import OpenedWeights, only
from forewarn.lenses.effects import Reader
from forewarn.lenses.views import head_weights, virtual_weights
from forewarn.lenses.views.virtual import NeuronPart
from forewarn.records import Link, StreamSite, Unit


@final
@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """The links of one neuron to all units of a block, for one part of the reading neuron."""

    kind: Literal["neuron", "head"]
    layer: int
    """The block at the other end."""
    part: NeuronPart
    direct: Float[Tensor, " n"]
    total: Float[Tensor, " n"]
    strength: Float[Tensor, " n"]
    spread: Float[Tensor, " n"] | None = None

    def top(self, k: int) -> list[Link]:
        """The strongest links. Where all are equally strong, as of a neuron that was never active, the largest."""
        by_size = self.total.abs().argsort(descending=True, stable=True)
        order = by_size[self.strength[by_size].argsort(descending=True, stable=True)][:k]
        return [self._link(int(unit)) for unit in order]

    def _link(self, unit: int) -> Link:
        direct, total, strength = (float(each[unit]) for each in (self.direct, self.total, self.strength))
        spread = None if self.spread is None else float(self.spread[unit])
        return Link(self.kind, self.layer, unit, self.part, direct, total, spread, strength)


def strongest(links: Sequence[Links], k: int) -> tuple[Link, ...]:
    """The strongest of all of them together."""
    found = [link for each in links for link in each.top(k)]
    return tuple(sorted(found, key=lambda link: (-link.strength, -abs(link.total)))[:k])


def outwards(weights: OpenedWeights, neuron: Unit, block: int) -> Iterator[Links]:
    """How a neuron drives the neurons of a later block. Raises what `OpenedWeights.neurons` does."""
    source = weights.neurons(neuron)
    write = source.write[neuron.number : neuron.number + 1]
    deviation = weights.deviations(neuron.layer)[neuron.number]
    for part, reader in weights.readers(block):
        direct, total = (values[0] for values in _both(weights, source.writes_to, write, reader))
        yield Links("neuron", block, part, direct, total, total.abs() * deviation.to(total))


def inwards(weights: OpenedWeights, neuron: Unit, block: int) -> Iterator[Links]:
    """How the neurons of an earlier block drive a neuron. Raises what `OpenedWeights.neurons` does."""
    weights.neurons(neuron)
    source = weights.anatomy.mlp(block)
    deviation = weights.deviations(block)
    for part, reader in weights.readers(neuron.layer):
        found = _both(weights, source.writes_to, source.write, only(reader, neuron.number))
        direct, total = (values[:, 0] for values in found)
        yield Links("neuron", block, part, direct, total, total.abs() * deviation.to(total))


def from_heads(weights: OpenedWeights, neuron: Unit, block: int) -> Iterator[Links]:
    """How the heads of a block that is not later can drive a neuron. Raises what `OpenedWeights.neurons` does."""
    weights.neurons(neuron)
    for part, reader in weights.readers(neuron.layer):
        scale = reader.inverse_sigma(weights.states(reader.site))
        direct, total = (
            head_weights(weights.anatomy, through, block, only(reader, neuron.number), scale).values[:, 0]
            for through in (weights.direct, weights.total)
        )
        yield Links("head", block, part, direct, total, total)


def _both(
    weights: OpenedWeights, source: StreamSite, writes: Float[Tensor, "k d"], reader: Reader
) -> tuple[Float[Tensor, "k n"], Float[Tensor, "k n"]]:
    scale = reader.inverse_sigma(weights.states(reader.site))
    direct, total = (
        virtual_weights(through, source, writes, reader, scale).values
        for through in (weights.direct, weights.total)
    )
    return direct, total
