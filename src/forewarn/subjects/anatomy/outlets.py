"""Where activations leave a block for the stream: the last matrix of an MLP or an attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.subjects.anatomy.harness import BlockHarness
from forewarn.subjects.anatomy.maps import AffineMap, inside
from forewarn.subjects.rounding import plain, same


@dataclass(frozen=True, slots=True, eq=False)
class Outlet:
    """A map whose output, times a number, is what a part gives."""

    map: AffineMap
    """The map. What it is given are the activations."""
    factor: float
    """The number, which is the multiplier of the residual stream where a model has one."""


def find_outlet(
    harness: BlockHarness, maps: Sequence[AffineMap], part: str, scale: float = 1.0
) -> Outlet | None:
    """The last map that makes all of what `part` gives, up to a number and a constant; None where there is none.

    Not by its weights, which may still be zero, but by putting other vectors in place of what it gives.
    """
    width = harness.call.given.shape[-1]
    within = inside(maps, part)
    for candidate in (*within[::-1], *(m for m in maps[::-1] if m not in within)):
        if candidate.size == width:
            factor = _factor(harness, candidate.name, part)
            if factor is not None:
                return Outlet(candidate, plain(factor * scale))
    return None


def _factor(harness: BlockHarness, name: str, part: str) -> float | None:
    # What is affine in it differs by three noises between noise and -2 noise; what is even or saturates does not.
    noise = harness.random(*harness.given.shape)
    plus, minus = (harness.run([part], {name: y}).gave.get(part) for y in (noise, -2 * noise))
    if (
        plus is None
        or minus is None
        or plus.shape != noise.shape
        or not bool((plus - minus).isfinite().all())
    ):
        return None
    steps: Float[Tensor, "b t d"] = (plus - minus) / 3
    factor = float((steps * noise).sum() / noise.square().sum())
    rest = plus - factor * noise
    # Noise on either side: a constant that is zero up to rounding must not be compared at its own size.
    constant = same(rest + noise, rest[:1, :1] + noise)
    return factor if abs(factor) > 1e-6 and constant and same(steps, factor * noise) else None


def reach(
    harness: BlockHarness, maps: Sequence[AffineMap], outlet: AffineMap, held: dict[str, Tensor]
) -> list[AffineMap]:
    """The maps on whose output the outlet's input depends while the parts in `held` give what is stated."""
    base = harness.run([outlet.name, *(m.name for m in maps)], held)
    found = []
    for candidate in maps:
        if candidate is outlet or candidate.name in held or candidate.name not in base.gave:
            continue
        noise = harness.random_like(candidate.name, base)
        moved = harness.run([], {**held, candidate.name: noise}, until=outlet.name).given.get(outlet.name)
        if moved is not None and not torch.equal(moved, base.given.get(outlet.name, moved)):
            found.append(candidate)
    return found
