"""Which pairs of neurons carry a condition to the loss of the truth, by their weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.instruments.paths.changes import Neurons
from forewarn.lenses.transports import Transport
from forewarn.records import StreamSite

MOST_SUPPRESSORS = 32
"""Neurons whose readers are looked for, those that take most of the truth first."""
TINY = 1e-6
"""Changes below which no slope is taken."""

Neuron = tuple[int, int]
"""(block, number within the block)."""


@dataclass(frozen=True, slots=True)
class Path:
    """One reader and one suppressor."""

    reader: Neuron
    """Whose activation the condition changes."""
    suppressor: Neuron
    """Which takes the truth away; the reader itself where it does so without another neuron."""
    drop: float
    """Logits that the truth loses against the answer given, mean over facts, by this path alone."""


def paths(
    blocks: Sequence[Neurons], wants: Float[Tensor, "f d"], transport: Transport, last: StreamSite
) -> list[Path]:
    """All paths into the strongest suppressors that take from the truth, the greatest drop first.

    Suppressor j takes `-mean_f change_jf (wants_f . A w_j)`, A leading from its output to the last site. This is
    shared out among its readers by the virtual weights: what reader i's change adds to j's pre-activations, times
    the secant slope of j's activation on them, fact by fact. What earlier neurons do not account for is j's own
    reading, of attention and embedding, so that the paths into j add up to what j takes. With the identity
    transport they are direct effects, but for the change of the norm.

    `wants`: for each fact the direction of the last site along which truth gains on the answer given.
    """
    taken = [(block, _taken(block, wants, transport, last)) for block in blocks]
    found = [(block, j, drops[:, j]) for block, drops in taken for j in range(block.mlp.n)]
    strongest = sorted(found, key=lambda x: -float(x[2].mean()))[:MOST_SUPPRESSORS]
    every = [path for block, j, drops in strongest for path in _into(blocks, block, j, drops, transport)]
    return sorted((path for path in every if path.drop > 0), key=lambda path: -path.drop)


def chosen(ranked: Sequence[Path], n: int) -> tuple[Neuron, ...]:
    """The first n neurons that the ranked paths pass through, in the paths' order."""
    through = dict.fromkeys(neuron for path in ranked for neuron in (path.reader, path.suppressor))
    return tuple(through)[:n]


def slopes(block: Neurons, j: int) -> Float[Tensor, "f p"]:
    """Secant slope of neuron j's activation on each of its pre-activations (gate; linear factor), fact by fact.

    With a = s u: `delta a = mean(u) delta s + mean(s) delta u`, so that the slope on u is the mean of s in the two
    conditions, and what is left of the change is the gate's.
    """
    change, gate = block.change[:, j], _moved(block.mlp.pre, block)[:, j]
    linear = [block.mlp.linear(h) for h in (block.read_before, block.read_after)]
    if linear[0] is None or linear[1] is None:
        return _over(change, gate)[:, None]
    first, second = (u[:, j] for u in linear if u is not None)
    mean = (_over(block.before[:, j], first) + _over(block.after[:, j], second)) / 2
    return torch.stack([_over(change - mean * (second - first), gate), mean], -1)


def _taken(
    block: Neurons, wants: Float[Tensor, "f d"], transport: Transport, last: StreamSite
) -> Float[Tensor, "f n"]:
    """Logits that the truth loses to each neuron's change."""
    wanted = transport.pull(wants, block.mlp.writes_to, last)
    return -block.change * (wanted @ block.mlp.write.to(wanted).T)


def _into(
    blocks: Sequence[Neurons], block: Neurons, j: int, drops: Float[Tensor, " f"], transport: Transport
) -> Iterator[Path]:
    total, rate = float(drops.mean()), _over(drops, block.change[:, j])
    for earlier in (b for b in blocks if b.mlp.writes_to <= block.mlp.site):
        by_reader = (rate[:, None] * _through(earlier, block, j, transport)).mean(0)
        # What earlier neurons account for is theirs; the rest stays with the suppressor itself.
        total -= float(by_reader.sum())
        for i, drop in enumerate(by_reader.tolist()):
            yield Path((earlier.layer, i), (block.layer, j), drop)
    yield Path((block.layer, j), (block.layer, j), total)


def _through(earlier: Neurons, block: Neurons, j: int, transport: Transport) -> Float[Tensor, "f n"]:
    """What each earlier neuron's change adds to neuron j's activation."""
    mlp = block.mlp
    reads = mlp.read[j][None] if mlp.up is None else torch.stack([mlp.read[j], mlp.up[j]])
    virtual = transport.pull(reads, earlier.mlp.writes_to, mlp.site) @ earlier.mlp.write.to(reads).T
    # The norm before the block divides what is read; its scale is taken under the condition.
    scaled = slopes(block, j) / mlp.norm.sigma(block.read_after)[:, None]
    return earlier.change * (scaled @ virtual)


def _moved(reading: Callable[[Tensor], Tensor], block: Neurons) -> Float[Tensor, "f n"]:
    return reading(block.read_after) - reading(block.read_before)


def _over(x: Float[Tensor, " f"], y: Float[Tensor, " f"]) -> Float[Tensor, " f"]:
    """Ratio, and 0 where y is next to nothing."""
    return torch.where(y.abs() > TINY, x / torch.where(y.abs() > TINY, y, 1.0), 0.0)
