"""`--virtual L.N:M`: one neuron and all of another block, with the spread over contexts."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from scipy.stats import spearmanr
from torch import Tensor

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.inspect.bench import Bench, only
from forewarn.inspect.links import Links, inwards, outwards, strongest
from forewarn.lenses.effects import Reader
from forewarn.lenses.transports.nudging import Nudges
from forewarn.records import StreamSite, Virtual


def virtual(bench: Bench, layer: int, unit: int, block: int, k: int) -> Virtual:
    """The strongest readers of the neuron in a later block, or its strongest writers in an earlier one.

    Raises:
        ConfigurationError: there is no such block or neuron, or both blocks are the same.
        NotApplicableError: the neurons of one of them cannot be given.
    """
    bench.neuron(layer, unit)
    if block == layer:
        raise ConfigurationError(
            f"neurons of one block do not read each other: block {block} reads what stood before it; name another"
        )
    forward = block > layer
    with bench.opened.tell("following virtual weights"):
        found = tuple((outwards if forward else inwards)(bench, layer, unit, block))
        ends = _ends(bench, layer, block) if forward else _ends(bench, block, layer)
        found = tuple(replace(each, spread=_spread(bench, each, layer, unit)) for each in found)
    return Virtual(
        layer=layer,
        unit=unit,
        block=block,
        forward=forward,
        through=bench.total.name,
        links=strongest(found, k),
        considered=sum(len(each.total) for each in found),
        agreement=_agreement(found),
        map_spread=_map_spread(bench, *ends),
        scale_spread=_scale_spread(bench, layer if not forward else block),
        contexts=len(bench.contexts),
        notes=(),
    )


def _ends(bench: Bench, first: int, second: int) -> tuple[StreamSite, StreamSite]:
    return bench.anatomy.mlp(first).writes_to, bench.anatomy.mlp(second).site


def _agreement(found: tuple[Links, ...]) -> float | None:
    """Rank correlation of direct and total figures; None where one of them is constant."""
    direct, total = (torch.cat([getattr(each, name) for each in found]) for name in ("direct", "total"))
    if len(direct) < 3 or not (direct.std() > 0 and total.std() > 0):
        return None
    return float(spearmanr(direct.numpy(), total.numpy()).statistic)


def _map_spread(bench: Bench, source: StreamSite, target: StreamSite) -> float | None:
    try:
        return bench.total.spread(source, target)
    except NotApplicableError:
        return None


def _scale_spread(bench: Bench, layer: int) -> float:
    mlp = bench.anatomy.mlp(layer)
    inverse = 1 / mlp.norm.sigma(bench.states(mlp.site).double())
    return float(inverse.std(correction=0) / inverse.mean())


def _spread(bench: Bench, links: Links, layer: int, unit: int) -> Float[Tensor, " n"] | None:
    """Standard deviation over contexts of each link's total figure; None where the transport is one fitted map."""
    if bench.total.name not in ("identity", "jacobian"):
        return None
    forward = links.layer > layer
    readers = dict(bench.readers(links.layer if forward else layer))
    reader = readers[links.part] if forward else only(readers[links.part], unit)
    ends = _ends(bench, layer, links.layer) if forward else _ends(bench, links.layer, layer)
    if bench.total.name == "identity":
        values = links.total[None].expand(len(bench.contexts), -1).double()
        scale = reader.inverse_sigma(bench.states(reader.site))
        return (values / scale * _inverse_sigmas(bench, reader)).std(0, correction=0)
    if forward:
        write = bench.anatomy.mlp(layer).write[unit : unit + 1]
        pushed = Nudges(bench.opened.subject, bench.contexts).each(write, *ends)[:, 0]
        values = pushed @ reader.read.to(pushed).T
    else:
        pulled = bench.opened.subject.pulled(bench.contexts, reader.read, *ends)[:, 0].double()
        values = pulled @ bench.anatomy.mlp(links.layer).write.double().T
    return (values * _inverse_sigmas(bench, reader)).std(0, correction=0)


def _inverse_sigmas(bench: Bench, reader: Reader) -> Float[Tensor, "n 1"]:
    return (1 / reader.norm.sigma(bench.states(reader.site).double()))[:, None]
