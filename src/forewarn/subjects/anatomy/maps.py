"""The affine maps inside a block, whatever module makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.subjects.anatomy.affine import is_affine, measured
from forewarn.subjects.anatomy.harness import BlockHarness
from forewarn.subjects.calling import gave_tensor, with_given
from forewarn.subjects.tracing import Call


@dataclass(frozen=True, slots=True, eq=False)
class AffineMap:
    """A part that gives `weight @ x + bias` at every position."""

    call: Call
    """The call of the part, as it was in the pass."""

    @property
    def name(self) -> str:
        """The name of the part, relative to the module in the harness."""
        return self.call.name

    @property
    def width(self) -> int:
        """The number of entries that the map takes."""
        return int(self.call.given.shape[-1])

    @property
    def size(self) -> int:
        """The number of entries that the map gives."""
        return int(self.call.gave.shape[-1])

    @property
    def zero(self) -> Float[Tensor, " in"]:
        """A vector of the width, type and device that the map takes."""
        return self.call.given.new_zeros(self.width)

    def __call__(self, x: Float[Tensor, "n in"]) -> Float[Tensor, "n out"]:
        """What the map gives for some vectors, each of which stands at a position of its own."""
        shaped = x if self.call.given.ndim == 2 else x[None]
        args, kwargs = with_given(self.call.args, self.call.kwargs, self.call.slot, shaped)
        found = gave_tensor(self.call.module(*args, **kwargs))
        if found is None:
            raise TypeError(f"the part {self.name!r} gave no tensor")
        return found.reshape(len(x), -1)

    def weights(self) -> tuple[Float[Tensor, "out in"], Float[Tensor, " out"]]:
        """Copies of the map's matrix and constant."""
        weight = getattr(self.call.module, "weight", None)
        return measured(self, self.zero, weight if isinstance(weight, Tensor) else None)


def find_maps(harness: BlockHarness, skip: Collection[str]) -> list[AffineMap]:
    """The affine maps of a block in the order in which they run: outermost parts that hold a matrix and run once.

    `skip`: parts that are taken to be more than a map, such as the MLP as a whole.
    """
    calls = harness.calls()
    times = Counter(c.name for c in calls)
    once = [c for c in calls if c.name and c.name not in skip and times[c.name] == 1]
    found: list[AffineMap] = []
    for call in sorted(once, key=lambda c: c.name.count(".")):
        within = any(call.name.startswith(f"{m.name}.") for m in found)
        if not within and call.has_matrix() and _is_map(call, harness):
            found.append(AffineMap(call))
    return sorted(found, key=lambda m: m.call.start)


def _is_map(call: Call, harness: BlockHarness) -> bool:
    """A part that always gives the same is a map when it is a single layer: its weight is zero so far."""
    positions = harness.call.given.numel() // harness.call.given.shape[-1]
    sizes = [x.numel() // max(x.shape[-1], 1) if x.ndim else 0 for x in (call.given, call.gave)]
    if not call.given.is_floating_point() or sizes != [positions, positions]:
        return False
    part = AffineMap(call)
    try:
        affine = is_affine(part, part.zero)
    except Exception:
        return False
    return call.is_leaf if affine is None else affine


def inside(maps: Sequence[AffineMap], part: str) -> list[AffineMap]:
    """The maps that are one part or lie in it."""
    return [m for m in maps if m.name == part or m.name.startswith(f"{part}.")]


def joined(
    maps: Sequence[AffineMap], apart: Sequence[AffineMap] = ()
) -> tuple[Float[Tensor, "r d"], Float[Tensor, " r"]]:
    """The maps' matrices below each other, and their constants; zeros for the maps `apart`."""
    width = next(m for m in maps if m not in apart).width
    found = [
        (m.zero.new_zeros(m.size, width), m.zero.new_zeros(m.size)) if m in apart else m.weights()
        for m in maps
    ]
    return torch.cat([w for w, _ in found]), torch.cat([b for _, b in found])


def names(maps: Sequence[AffineMap]) -> str:
    """The names of maps, as messages show them."""
    return ", ".join(repr(m.name) for m in maps) or "no matrix"
