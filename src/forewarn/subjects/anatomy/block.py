"""One block in its harness, with what is known of how it reads the stream and adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.subjects.anatomy.harness import BlockHarness
from forewarn.subjects.anatomy.maps import AffineMap, find_maps
from forewarn.subjects.anatomy.measuring import measure_norm
from forewarn.subjects.anatomy.norms import NormWeights
from forewarn.subjects.anatomy.parts import Unsupported
from forewarn.subjects.anatomy.trial import BATCH
from forewarn.subjects.layout import Addend, Joint, Layout
from forewarn.subjects.rounding import same
from forewarn.subjects.tracing import Call


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One block in its harness, with what the layout says of it; names are relative to the block."""

    layer: int
    """The number of the block, from 1 to L."""
    harness: BlockHarness
    """The harness in which the block is called."""
    maps: Sequence[AffineMap]
    """The affine maps in the block."""
    joint: Joint
    """How the block adds to the stream."""
    attention: str | None
    """The name of its attention; None where it has none."""
    mlp: str | None
    """The name of its position-wise part, which in a flat block is the last matrix; None where it has none."""

    def stream(self, h: Float[Tensor, "b t d"], middle: bool) -> tuple[dict[str, Tensor], Tensor]:
        """What to put and what to give so that the stream is `h` at the block's input or in its middle."""
        addend = self.joint.attention
        if addend is None or not middle:
            return {}, h
        return {addend.name: h / addend.scale}, torch.zeros_like(h)

    def norm_before(self, part: str, middle: bool) -> NormWeights | None:
        """The norm between the stream and what a part is given."""

        def reader(h: Tensor) -> Tensor:
            put, x = self.stream(h.reshape(self.harness.given.shape), middle)
            return self.harness.run([], put, x, until=part).given[part].reshape(h.shape)

        given = self.harness.given
        return measure_norm(reader, given.shape[0] * given.shape[1], given[0, 0])


def open_block(layout: Layout, call: Call, layer: int) -> Block:
    """A block that was called in a pass."""
    prefix = layout.blocks[layer - 1]
    harness = BlockHarness(call, BATCH, time_first=layout.time_first)
    parts = [_within(names[layer - 1], prefix) for names in (layout.attention, layout.mlp)]
    whole = {name for name in parts if name and next(call.module.get_submodule(name).children(), None)}
    joint = layout.joints[layer - 1] if layout.joints else Joint(None, None, False)
    first, second = (
        a and Addend(_within(a.name, prefix) or "", a.scale) for a in (joint.attention, joint.mlp)
    )
    return Block(layer, harness, find_maps(harness, whole), Joint(first, second, joint.middle), *parts)


def _within(name: str | None, prefix: str) -> str | None:
    """A name relative to the decoder as one relative to a block."""
    return None if name is None else name[len(prefix) + 1 :] if prefix else name


def near(found: Tensor, wanted: Tensor) -> bool:
    """Whether two readings are equal up to rounding in float32."""
    return same(found, wanted, 5e-4)


def off(block: Block, what: str, found: Tensor, wanted: Tensor) -> Unsupported:
    """Why a reading is refused that does not reproduce what was measured."""
    return Unsupported(
        f"{what} of block {block.layer} are not reproduced from its weights: off by "
        f"{float((found - wanted).abs().max()):.2g}, the largest is {float(wanted.abs().max()):.2g}"
    )


def no_norm(block: Block, part: str) -> str:
    """Why a part cannot be read from the stream."""
    return (
        f"what {part!r} of block {block.layer} is given is neither the residual stream nor a layer norm or "
        "root-mean-square norm of it"
    )
