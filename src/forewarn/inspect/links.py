"""Virtual weights between one neuron and all units of another block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, final

from jaxtyping import Float
from torch import Tensor

from forewarn.inspect.bench import Bench, only
from forewarn.lenses.effects import Reader
from forewarn.lenses.views import head_weights, virtual_weights
from forewarn.lenses.views.virtual import NeuronPart
from forewarn.records import Link, StreamSite


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
        """The strongest; where that is the same for all, as of a neuron that was never active, the largest."""
        by_size = self.total.abs().argsort(descending=True, stable=True)
        order = by_size[self.strength[by_size].argsort(descending=True, stable=True)][:k]
        return [self._link(int(unit)) for unit in order]

    def _link(self, unit: int) -> Link:
        direct, total, strength = (float(each[unit]) for each in (self.direct, self.total, self.strength))
        spread = None if self.spread is None else float(self.spread[unit])
        return Link(self.kind, self.layer, unit, self.part, direct, total, spread, strength)


def strongest(links: Sequence[Links], k: int) -> tuple[Link, ...]:
    """Of all of them together."""
    found = [link for each in links for link in each.top(k)]
    return tuple(sorted(found, key=lambda link: (-link.strength, -abs(link.total)))[:k])


def outwards(bench: Bench, layer: int, unit: int, block: int) -> Iterator[Links]:
    """What a neuron does to the neurons of a later block; errors as for `Bench.neuron`."""
    source = bench.neuron(layer, unit)
    write = source.write[unit : unit + 1]
    deviation = bench.deviations(layer)[unit]
    for part, reader in bench.readers(block):
        direct, total = (values[0] for values in _both(bench, source.writes_to, write, reader))
        yield Links("neuron", block, part, direct, total, total.abs() * deviation.to(total))


def inwards(bench: Bench, layer: int, unit: int, block: int) -> Iterator[Links]:
    """What the neurons of an earlier block do to a neuron; errors as for `Bench.neuron`."""
    bench.neuron(layer, unit)
    source = bench.anatomy.mlp(block)
    deviation = bench.deviations(block)
    for part, reader in bench.readers(layer):
        found = _both(bench, source.writes_to, source.write, only(reader, unit))
        direct, total = (values[:, 0] for values in found)
        yield Links("neuron", block, part, direct, total, total.abs() * deviation.to(total))


def from_heads(bench: Bench, layer: int, unit: int, block: int) -> Iterator[Links]:
    """What the heads of a block that is not later can do to a neuron; errors as for `Bench.neuron`."""
    bench.neuron(layer, unit)
    for part, reader in bench.readers(layer):
        scale = reader.inverse_sigma(bench.states(reader.site))
        direct, total = (
            head_weights(bench.anatomy, through, block, only(reader, unit), scale).values[:, 0]
            for through in (bench.direct, bench.total)
        )
        yield Links("head", block, part, direct, total, total)


def _both(
    bench: Bench, source: StreamSite, writes: Float[Tensor, "k d"], reader: Reader
) -> tuple[Float[Tensor, "k n"], Float[Tensor, "k n"]]:
    scale = reader.inverse_sigma(bench.states(reader.site))
    direct, total = (
        virtual_weights(through, source, writes, reader, scale).values
        for through in (bench.direct, bench.total)
    )
    return direct, total
