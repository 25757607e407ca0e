"""How the outputs of the maps that feed a set of neurons are divided among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.subjects.anatomy.harness import BlockHarness
from forewarn.subjects.anatomy.maps import AffineMap
from forewarn.subjects.rounding import same


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """Rows of the maps' joined outputs, one for each neuron."""

    gate: Int[Tensor, " n"]
    """What the nonlinearity is applied to."""
    up: Int[Tensor, " n"] | None
    """The linear factor of a gated MLP."""


@final
class Feed:
    """Activations as a function of what the maps before them give, joined into one vector of rows."""

    def __init__(
        self, harness: BlockHarness, maps: Sequence[AffineMap], outlet: str, held: Mapping[str, Tensor]
    ) -> None:
        self.harness, self.maps, self._outlet, self._held = harness, maps, outlet, dict(held)
        self.sizes = [m.size for m in maps]

    @property
    def size(self) -> int:
        """Number of rows."""
        return sum(self.sizes)

    def __call__(self, rows: Float[Tensor, "b t r"]) -> Float[Tensor, "b t n"]:
        """What the outlet is given when the maps give these rows."""
        parts = dict(zip([m.name for m in self.maps], torch.split(rows, self.sizes, -1), strict=True))
        return self.harness.run([], {**self._held, **parts}, until=self._outlet).given[self._outlet]

    def random(self) -> Float[Tensor, "b t r"]:
        """Random rows at all positions."""
        batch, length = self.harness.given.shape[:2]
        return self.harness.random(batch, length, self.size)


def find_wiring(feed: Feed, n: int) -> Wiring | None:
    """Which rows make which neuron; None where a neuron depends on more than its own one or two rows.

    Every neuron must stay as it is when the rows of others change, and change with its own. In a gated MLP the
    activation is a multiple of one of its two rows: that one is `up`.
    """
    rows = feed.random()
    base = feed(rows)
    if base.shape[-1] != n or not bool(base.isfinite().all()):
        return None
    # Few layouts are in use (one after the other, or interleaved, either first): each is tried and verified.
    for gate, up in _guesses(feed.size, n):
        if up is not None and not _is_linear(feed, rows, base, up):
            continue
        if _is_own(feed, rows, base, gate, up):
            return Wiring(gate, up)
    return None


def _guesses(size: int, n: int) -> Iterator[tuple[Tensor, Tensor | None]]:
    first = torch.arange(n)
    if size == n:
        yield first, None
    if size == 2 * n:
        yield first, first + n
        yield first + n, first
        yield 2 * first, 2 * first + 1
        yield 2 * first + 1, 2 * first


def _is_linear(feed: Feed, rows: Tensor, base: Tensor, up: Tensor) -> bool:
    other = rows.clone()
    other[..., up] *= -1.5
    return same(feed(other), -1.5 * base, 1e-5)


def _is_own(feed: Feed, rows: Tensor, base: Tensor, gate: Tensor, up: Tensor | None) -> bool:
    """Half of the neurons get other rows: they must change, and no other may."""
    half = torch.arange(len(gate)) % 2 == 0
    fresh, other = feed.random(), rows.clone()
    for part in (gate, up):
        if part is not None:
            other[..., part[half]] = fresh[..., part[half]]
    moved = (feed(other) != base).flatten(0, 1)
    return bool(moved[:, half].any(0).all()) and not bool(moved[:, ~half].any())
