"""How an attention mixes positions: which of its rows are values, and which channels share their weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.subjects.anatomy.wiring import Feed
from forewarn.subjects.rounding import same

QUIET = 0.5
"""Size of random queries and keys: large enough to tell heads apart, too small to saturate a softmax."""


@dataclass(frozen=True, slots=True, eq=False)
class Mixing:
    """Channels of the outlet's input, sorted by head."""

    channels: Int[Tensor, "h r"]
    """Which entries of the outlet's input belong to a head."""
    values: Int[Tensor, "h r"]
    """Which row of the maps each of them is a weighted mean of."""


def weights(feed: Feed, rows: Float[Tensor, "b t r"], values: Int[Tensor, " v"]) -> Float[Tensor, "s b t c"]:
    """How much each channel at t takes from position s: what it gives when values are 1 at s and else 0."""
    found = []
    for s in range(rows.shape[1]):
        marked = rows.clone()
        marked[..., values] = 0.0
        marked[:, s, values] = 1.0
        found.append(feed(marked))
    return torch.stack(found)


def find_mixing(feed: Feed) -> Mixing | str:
    """The heads of an attention, or in words why it is none.

    The first position sees only itself, so there every channel is one of the rows: its value. Channels with the
    same weights on all positions, whatever queries and keys there are, are one head.
    """
    rows = QUIET * feed.random()
    out = feed(rows)
    if not bool(out.isfinite().all()):
        return "it gives values that are not finite"
    values = _values(out[:, 0], rows[:, 0])
    if values is None:
        return (
            "at the first position, where it sees nothing else, it does not give back rows of its matrices: "
            "values are gated, normalised, or share their weight with a sink"
        )
    taken = weights(feed, rows, values)
    if not same(taken.sum(0), torch.ones_like(taken[0]), 1e-4):
        return "the weights of the positions do not sum to one"
    mixed = torch.einsum("sbtc,bsc->btc", taken, rows[..., values])
    if not same(mixed, out, 1e-4):
        return "what it gives is no weighted mean of values"
    # [s, b, t, c] -> [c, s b t]: a channel's weights everywhere are the signature of its head.
    return _heads(taken.flatten(0, 2).T, values)


def _values(first: Float[Tensor, "b c"], rows: Float[Tensor, "b r"]) -> Int[Tensor, " c"] | None:
    # A channel is a value where it equals one row in every prompt of the batch: the largest difference decides.
    off, index = torch.cdist(first.T.double(), rows.T.double(), p=float("inf")).min(-1)
    return index if bool((off < 1e-5).all()) else None


def _heads(signature: Float[Tensor, "c n"], values: Int[Tensor, " c"]) -> Mixing | str:
    left, heads = torch.ones(len(values), dtype=torch.bool, device=values.device), list[Tensor]()
    while bool(left.any()):
        first = signature[int(left.nonzero()[0])]
        head = ((signature - first).abs().amax(-1) < 1e-6) & left
        heads.append(head.nonzero()[:, 0])
        left &= ~head
    if len({len(h) for h in heads}) > 1:
        return f"its channels divide into {len(heads)} heads of different sizes"
    channels = torch.stack(heads)
    return Mixing(channels, values[channels])
