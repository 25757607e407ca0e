"""The neurons of one block: found on the harness, verified on what the model does by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from forewarn.records import StreamSite
from forewarn.subjects.anatomy.block import Block, near, no_norm, off
from forewarn.subjects.anatomy.maps import AffineMap, joined, names
from forewarn.subjects.anatomy.norms import NormWeights
from forewarn.subjects.anatomy.outlets import Outlet, reach
from forewarn.subjects.anatomy.parts import MlpWeights, Unsupported
from forewarn.subjects.anatomy.wiring import Feed, Wiring, find_wiring


def find_neurons(block: Block, outlet: Outlet) -> MlpWeights | Unsupported:
    """The neurons that leave a block by an outlet."""
    feeding = _feeding(block, outlet)
    if isinstance(feeding, Unsupported):
        return feeding
    feed, held = feeding
    wiring = find_wiring(feed, outlet.map.width)
    if wiring is None:
        return Unsupported(
            f"each neuron of block {block.layer} must depend on one row of the matrices before it, or on two of "
            f"which one enters as a factor; {names(feed.maps)} give {feed.size} rows for the {outlet.map.width} "
            f"activations that go into {outlet.map.name!r}, and they do not divide so"
        )
    norm = block.norm_before(feed.maps[0].name, block.joint.middle)
    if norm is None:
        return Unsupported(no_norm(block, feed.maps[0].name))
    weights = _weights(block, outlet, feed.maps, wiring, norm)
    return _verified(block, outlet, feed, held, weights, wiring)


def _feeding(block: Block, outlet: Outlet) -> tuple[Feed, dict[str, Tensor]] | Unsupported:
    held = {}
    if block.joint.attention is not None:
        name = block.joint.attention.name
        held = {name: block.harness.run([name]).gave[name]}
    maps = reach(block.harness, block.maps, outlet.map, held)
    given = block.harness.run([m.name for m in maps]).given
    if not maps or any(m.width != block.harness.given.shape[-1] for m in maps):
        return Unsupported(
            f"the activations that go into {outlet.map.name!r} of block {block.layer} come from "
            f"{names(maps)}; matrices that read the stream's width were wanted"
        )
    if not all(torch.equal(given[m.name], given[maps[0].name]) for m in maps):
        return Unsupported(f"the matrices {names(maps)} of block {block.layer} are given different vectors")
    return Feed(block.harness, maps, outlet.map.name, held), held


def _weights(
    block: Block, outlet: Outlet, maps: Sequence[AffineMap], wiring: Wiring, norm: NormWeights
) -> MlpWeights:
    reads, constants = joined(maps)
    bias = constants + norm.offset(reads)
    out, _ = outlet.map.weights()
    folded, up = norm.fold(reads), wiring.up
    return MlpWeights(
        site=StreamSite(block.layer, True) if block.joint.middle else StreamSite(block.layer - 1),
        norm=norm,
        read=folded[wiring.gate],
        bias=bias[wiring.gate],
        up=None if up is None else folded[up],
        write=out.T * outlet.factor,
        writes_to=StreamSite(block.layer),
        up_bias=None if up is None else bias[up],
    )


def _verified(
    block: Block,
    outlet: Outlet,
    feed: Feed,
    held: Mapping[str, Tensor],
    weights: MlpWeights,
    wiring: Wiring,
) -> MlpWeights | Unsupported:
    """The weights, if they reproduce pre-activations and addend of the pass."""
    part, middle = block.joint.mlp, block.joint.attention
    names = [m.name for m in feed.maps]
    seen = block.harness.run([*names, outlet.map.name, *([part.name] if part else [])])
    h = block.harness.given
    if block.joint.middle and middle is not None:
        h = h + held[middle.name] * middle.scale
    rows = torch.cat([seen.gave[name] for name in names], -1)
    checks = {"pre-activations": (weights.pre(h), rows[..., wiring.gate])}
    linear = weights.linear(h)
    if linear is not None and wiring.up is not None:
        checks["linear factors"] = (linear, rows[..., wiring.up])
    if part is not None:
        added = seen.gave[part.name] * part.scale
        checks["what it adds"] = tuple(  # type: ignore[assignment]
            x - x[:1, :1] for x in (seen.given[outlet.map.name] @ weights.write, added)
        )
    return next((off(block, what, *pair) for what, pair in checks.items() if not near(*pair)), weights)
