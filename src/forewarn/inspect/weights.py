"""What every view of a unit needs: the weights, two transports, and the contexts to average over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.inspect.opened import Opened
from forewarn.inspect.request import TRANSPORTS
from forewarn.lenses import MomentsFitter
from forewarn.lenses.effects import Reader
from forewarn.lenses.transports import Identity, Jacobian, LayerMaps, Transport, regression, tuned
from forewarn.lenses.views import neuron_readers
from forewarn.lenses.views.virtual import NeuronPart
from forewarn.records import StreamSite, Unit
from forewarn.subjects.anatomy import Anatomy, MlpWeights
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject


@final
@dataclass(frozen=True, slots=True, eq=False)
class OpenedWeights:
    """The weights of one snapshot, with the identity for direct effects and one other transport for total ones."""

    opened: Opened
    anatomy: Anatomy
    total: Transport
    contexts: tuple[tuple[int, ...], ...]
    """Prompts to average over; only the last position of each counts."""
    direct: Transport

    @staticmethod
    def of(opened: Opened, transport: str) -> OpenedWeights:
        """Read the weights. Raises what `transport_named` does."""
        with opened.tell("reading the weights"):
            anatomy = opened.subject.anatomy()
        total = transport_named(opened, transport)
        return OpenedWeights(opened, anatomy, total, tuple(opened.contexts()), Identity())

    @property
    def transports(self) -> tuple[Transport, ...]:
        """The direct one, then the total one; only one where both are the identity."""
        return (self.direct,) if self.total.name == self.direct.name else (self.direct, self.total)

    def states(self, site: StreamSite) -> Float[Tensor, "n d"]:
        """The stream at a site, at the last position of each context."""
        return self.opened.subject.residuals(self.contexts, sites=[site])[0]

    def activations(self, layer: int) -> dict[str, Float[Tensor, "n units"]]:
        """A block's neurons at the last position of every prompt, by the names of `Opened.prompts_by_context`."""
        asked = self.opened.prompts_by_context()
        prompts = [prompt for row in asked.values() for prompt in row]
        found = self.opened.subject.activations(prompts, layer)
        return dict(zip(asked, found.reshape(len(asked), -1, found.shape[-1]), strict=True))

    def deviations(self, layer: int) -> Float[Tensor, " units"]:
        """Standard deviation of each neuron of a block over all these prompts, those of claims too."""
        return torch.cat(list(self.activations(layer).values())).std(0, correction=0)

    def neurons(self, neuron: Unit) -> MlpWeights:
        """The neurons of the block that holds one.

        Raises:
            ConfigurationError: there is no such block or neuron; the message gives the range.
            NotApplicableError: the block's neurons cannot be read.
        """
        found = self.anatomy.mlp(neuron.layer)
        if neuron.number >= found.n:
            raise ConfigurationError(
                f"block {neuron.layer} has neurons 0 to {found.n - 1}; found {neuron.number}"
            )
        return found

    def readers(self, layer: int) -> Iterator[tuple[NeuronPart, Reader]]:
        """The neurons of a block as readers, part by part. NotApplicableError where they cannot be read."""
        yield "gate", neuron_readers(self.anatomy, layer)
        if self.anatomy.mlp(layer).up is not None:
            yield "up", neuron_readers(self.anatomy, layer, "up")


def only(reader: Reader, number: int) -> Reader:
    """Keep one of the readings."""
    return Reader(reader.site, reader.norm, reader.read[number : number + 1])


def transport_named(opened: Opened, name: str) -> Transport:
    """Make a transport over the audit set's contexts.

    Raises:
        ConfigurationError: there is no such transport; the message names those there are.
        NotApplicableError: the transport takes lenses, and the model can have none.
    """
    if name == "identity":
        return Identity()
    if name == "jacobian":
        return Jacobian(opened.subject, opened.contexts())
    if name == "tuned":
        return tuned(LayerMaps.of(opened.lenses))
    if name == "regression":
        return regression(PairMoments(opened.subject, opened.contexts()))
    raise ConfigurationError(f"a transport is one of {', '.join(TRANSPORTS)}; found {name!r}")


@final
class PairMoments:
    """Covariances of the states at two sites over all positions of some prompts.

    Mutable: each pair is computed when it is first asked for, and kept.
    """

    def __init__(self, subject: Subject, prompts: Prompts) -> None:
        self._subject, self._prompts = subject, prompts
        self._known: dict[tuple[StreamSite, StreamSite], Tensor] = {}

    def covariance(self, first: StreamSite, second: StreamSite) -> Float[Tensor, "d d"]:
        """E[(h_first - mean)(h_second - mean)^T]."""
        if (first, second) not in self._known:
            sites = sorted({first, second})
            fitter = MomentsFitter(sites, self._subject.width, {(first, second)})
            fitter.update(self._subject.states(self._prompts, sites))
            self._known[first, second] = fitter.moments().covariance(first, second)
        return self._known[first, second]
