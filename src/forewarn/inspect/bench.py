"""What every view of a unit needs: weights, the two transports, and contexts to average over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.inspect.maps import transport_named
from forewarn.inspect.opened import Opened
from forewarn.lenses.effects import Reader
from forewarn.lenses.transports import Identity, Transport
from forewarn.lenses.views import neuron_readers
from forewarn.lenses.views.virtual import NeuronPart
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Anatomy, MlpWeights


@final
@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """One snapshot's weights with the identity, for direct effects, and one other transport, for total ones."""

    opened: Opened
    anatomy: Anatomy
    total: Transport
    contexts: tuple[tuple[int, ...], ...]
    """Prompts, of each of which the last position counts."""
    direct: Transport

    @staticmethod
    def of(opened: Opened, transport: str) -> Bench:
        """Raises what `transport_named` does."""
        with opened.tell("reading the weights"):
            anatomy = opened.subject.anatomy()
        total = transport_named(opened, transport)
        return Bench(opened, anatomy, total, tuple(opened.contexts()), Identity())

    @property
    def transports(self) -> tuple[Transport, ...]:
        """Those that differ: the direct one, then the total one."""
        return (self.direct,) if self.total.name == self.direct.name else (self.direct, self.total)

    def states(self, site: StreamSite) -> Float[Tensor, "n d"]:
        """The stream at a site, at the last position of each context."""
        return self.opened.subject.residuals(self.contexts, sites=[site])[0]

    def activations(self, layer: int) -> dict[str, Float[Tensor, "n units"]]:
        """A block's neurons at the last position of every prompt of `Opened.asked`, by its contexts."""
        asked = self.opened.asked()
        prompts = [prompt for row in asked.values() for prompt in row]
        found = self.opened.subject.activations(prompts, layer)
        return dict(zip(asked, found.reshape(len(asked), -1, found.shape[-1]), strict=True))

    def deviations(self, layer: int) -> Float[Tensor, " units"]:
        """Standard deviation of each neuron of a block over all of them, those of claims too."""
        return torch.cat(list(self.activations(layer).values())).std(0, correction=0)

    def neuron(self, layer: int, unit: int) -> MlpWeights:
        """The block that holds a neuron.

        Raises:
            ConfigurationError: there is no such block or neuron; says the range.
            NotApplicableError: the block's neurons cannot be given.
        """
        found = self.anatomy.mlp(layer)
        if not 0 <= unit < found.n:
            raise ConfigurationError(f"block {layer} has neurons 0 to {found.n - 1}; found {unit}")
        return found

    def readers(self, layer: int) -> Iterator[tuple[NeuronPart, Reader]]:
        """The neurons of a block as readers, by part. NotApplicableError where they cannot be given."""
        yield "gate", neuron_readers(self.anatomy, layer)
        if self.anatomy.mlp(layer).up is not None:
            yield "up", neuron_readers(self.anatomy, layer, "up")


def only(reader: Reader, unit: int) -> Reader:
    """One of the readings."""
    return Reader(reader.site, reader.norm, reader.read[unit : unit + 1])
