"""The matrix by which the neurons of a block write, and what stands in the way where there is none."""

from __future__ import annotations

from forewarn.subjects.anatomy.block import Block
from forewarn.subjects.anatomy.neurons import find_neurons
from forewarn.subjects.anatomy.outlets import Outlet, find_outlet
from forewarn.subjects.anatomy.parts import MlpWeights, Unsupported


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
