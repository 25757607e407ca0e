"""`--virtual L.N:M`: one neuron and all of another block, with the spread over contexts."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from scipy.stats import spearmanr
from torch import Tensor

from forewarn.errors import NotApplicableError
from forewarn.inspect.links import Links, inwards, outwards, strongest
from forewarn.inspect.weights import OpenedWeights, only
from forewarn.lenses.effects import Reader
from forewarn.lenses.transports.nudging import Nudges
from forewarn.records import StreamSite, Unit, UnitAndBlock, Virtual


def inspect_virtual(weights: OpenedWeights, wanted: UnitAndBlock, k: int) -> Virtual:
    """The strongest readers of a neuron in a later block, or its strongest writers in an earlier one.

    Raises:
        ConfigurationError: there is no such block or neuron.
        NotApplicableError: the neurons of one of the two blocks cannot be read.
    """
    neuron, block = wanted.unit, wanted.block
    layer = neuron.layer
    weights.neurons(neuron)
    forward = block > layer
    with weights.opened.tell("following virtual weights"):
        found = tuple((outwards if forward else inwards)(weights, neuron, block))
        ends = _ends(weights, layer, block) if forward else _ends(weights, block, layer)
        found = tuple(replace(each, spread=_spread(weights, each, neuron)) for each in found)
    return Virtual(
        layer=layer,
        unit=neuron.number,
        block=block,
        forward=forward,
        through=weights.total.name,
        links=strongest(found, k),
        considered=sum(len(each.total) for each in found),
        agreement=_agreement(found),
        map_spread=_map_spread(weights, *ends),
        scale_spread=_scale_spread(weights, layer if not forward else block),
        contexts=len(weights.contexts),
        notes=(),
    )


def _ends(weights: OpenedWeights, first: int, second: int) -> tuple[StreamSite, StreamSite]:
    return weights.anatomy.mlp(first).writes_to, weights.anatomy.mlp(second).site


def _agreement(found: tuple[Links, ...]) -> float | None:
    """Rank correlation of direct and total figures; None where one of them is constant."""
    direct, total = (torch.cat([getattr(each, name) for each in found]) for name in ("direct", "total"))
    if len(direct) < 3 or not (direct.std() > 0 and total.std() > 0):
        return None
    return float(spearmanr(direct.numpy(), total.numpy()).statistic)


def _map_spread(weights: OpenedWeights, source: StreamSite, target: StreamSite) -> float | None:
    try:
        return weights.total.spread(source, target)
    except NotApplicableError:
        return None


def _scale_spread(weights: OpenedWeights, layer: int) -> float:
    mlp = weights.anatomy.mlp(layer)
    inverse = 1 / mlp.norm.sigma(weights.states(mlp.site).double())
    return float(inverse.std(correction=0) / inverse.mean())


def _spread(weights: OpenedWeights, links: Links, neuron: Unit) -> Float[Tensor, " n"] | None:
    """Standard deviation of each link's total figure over contexts. None where the transport is one fitted map."""
    if weights.total.name not in ("identity", "jacobian"):
        return None
    layer, number = neuron.layer, neuron.number
    forward = links.layer > layer
    readers = dict(weights.readers(links.layer if forward else layer))
    reader = readers[links.part] if forward else only(readers[links.part], number)
    ends = _ends(weights, layer, links.layer) if forward else _ends(weights, links.layer, layer)
    if weights.total.name == "identity":
        values = links.total[None].expand(len(weights.contexts), -1).double()
        scale = reader.inverse_sigma(weights.states(reader.site))
        return (values / scale * _inverse_sigmas(weights, reader)).std(0, correction=0)
    if forward:
        write = weights.anatomy.mlp(layer).write[number : number + 1]
        pushed = Nudges(weights.opened.subject, weights.contexts).each(write, *ends)[:, 0]
        values = pushed @ reader.read.to(pushed).T
    else:
        pulled = weights.opened.subject.pulled(weights.contexts, reader.read, *ends)[:, 0].double()
        values = pulled @ weights.anatomy.mlp(links.layer).write.double().T
    return (values * _inverse_sigmas(weights, reader)).std(0, correction=0)


def _inverse_sigmas(weights: OpenedWeights, reader: Reader) -> Float[Tensor, "n 1"]:
    return (1 / reader.norm.sigma(weights.states(reader.site).double()))[:, None]
