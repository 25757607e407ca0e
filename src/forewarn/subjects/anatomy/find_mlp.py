"""The neurons of one block, and the matrix by which they write.

They are found in the harness, and verified on what the model does by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from forewarn.records import StreamSite
from forewarn.subjects.anatomy.block import Block, near, no_norm, off
from forewarn.subjects.anatomy.maps import AffineMap, joined, names
from forewarn.subjects.anatomy.norms import NormWeights
from forewarn.subjects.anatomy.outlets import Outlet, find_outlet, reach
from forewarn.subjects.anatomy.parts import MlpWeights, Unsupported
from forewarn.subjects.anatomy.wiring import Feed, Wiring, find_wiring


def activations_outlet(block: Block) -> Outlet | Unsupported:
    """The matrix whose output is what the MLP gives, whatever happens to that before it is added."""
    return _adding(block) or _giving(block) or _none(block)


def find_mlp(block: Block) -> MlpWeights | Unsupported:
    """The neurons of a block."""
    outlet = _adding(block)
    if outlet is not None:
        return find_neurons(block, outlet)
    return _none(block) if _giving(block) is None else _in_between(block)


def _adding(block: Block) -> Outlet | None:
    """The matrix whose output, times a number, is added to the stream."""
    addend = block.joint.mlp
    return None if addend is None else find_outlet(block.harness, block.maps, addend.name, addend.scale)


def _giving(block: Block) -> Outlet | None:
    return None if block.mlp is None else find_outlet(block.harness, block.maps, block.mlp)


def _none(block: Block) -> Unsupported:
    found = f"its MLP {block.mlp!r} has none" if block.mlp else "no MLP was found"
    return Unsupported(
        f"one matrix that makes all that the MLP of block {block.layer} gives was wanted; {found} (a mixture of "
        "experts chooses among several by token)"
    )


def _in_between(block: Block) -> Unsupported:
    addend = block.joint.mlp
    between = f"{addend.name!r} stands between" if addend else "the block adds something else"
    return Unsupported(
        f"what one neuron of block {block.layer} adds to the stream depends on all the others: the MLP "
        f"{block.mlp!r} should give what is added, but {between}"
    )


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
    """The weights, where they reproduce pre-activations and addend of the pass; otherwise why they do not."""
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
