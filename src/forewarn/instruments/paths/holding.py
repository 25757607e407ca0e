"""Holding neurons at what they were in the base, and as many others for comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forewarn.auditset import Answer, Fact, describe
from forewarn.instruments.paired import Paired, restored
from forewarn.instruments.paths.changes import Neurons, activations
from forewarn.instruments.paths.ranking import Neuron, Path, chosen
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.replies import Replies
from forewarn.instruments.search.turning import Contrast
from forewarn.subjects.clamps import Clamp

SIZES = (8, 32, 128)
"""Numbers of neurons that are tried."""
MOST_HELD = 0.25
"""Share of all neurons that may be held: with more, one asks what a model does without them."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Neurons to be held, and those that are held for comparison."""

    neurons: tuple[Neuron, ...]
    """Of the paths."""
    null: tuple[Neuron, ...]
    """As many others of the same blocks."""

    def as_json(self) -> dict[str, Any]:
        """A value of plain lists, for a finding."""
        return {"neurons": [list(n) for n in self.neurons], "null": [list(n) for n in self.null]}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Hold:
        """What `as_json` made plain; other entries are left alone."""
        first, second = (tuple((int(k), int(j)) for k, j in value[name]) for name in ("neurons", "null"))
        return Hold(first, second)


def holds(blocks: Sequence[Neurons], ranked: Sequence[Path]) -> Iterator[Hold]:
    """The first neurons of the ranked paths, fewest first, where there are as many to compare them with."""
    total = sum(block.mlp.n for block in blocks)
    for n in SIZES:
        neurons = chosen(ranked, n)
        null = matched(blocks, neurons)
        if len(neurons) == len(null) == n <= MOST_HELD * total:
            yield Hold(neurons, null)


def matched(blocks: Sequence[Neurons], neurons: Sequence[Neuron]) -> tuple[Neuron, ...]:
    """For each neuron another one of its block, none twice, whose change writes about as much.

    The closest by ratio of size, the largest served first; fewer where a block has no more. The chosen neurons are
    among those that change most, so that their matches tend to be somewhat smaller.
    """
    sizes = {(b.layer, j): size for b in blocks for j, size in enumerate(b.size.tolist())}
    free, found = sorted(set(sizes) - set(neurons)), list[Neuron]()
    for neuron in sorted(neurons, key=lambda n: (-sizes[n], n)):
        others = [n for n in free if n[0] == neuron[0]]
        if others:
            found.append(min(others, key=lambda n: _ratio(sizes[n], sizes[neuron])))
            free.remove(found[-1])
    return tuple(found)


def held(inputs: ProbeInputs, facts: Sequence[Fact], contrast: Contrast, hold: Hold) -> Paired:
    """Which facts are answered falsely under the condition, and truly while the neurons are held.

    The null is the same while the other neurons are held.
    """
    free = Replies.asked(inputs, [(fact, contrast.condition) for fact in facts])
    base, count = describe(contrast.base), len(hold.neurons)
    changed = _holding(inputs, facts, contrast, hold.neurons, f'{count} neurons held as under "{base}"')
    other = _holding(inputs, facts, contrast, hold.null, f'{count} other neurons held as under "{base}"')
    return restored(Answer.FALSE, free, changed, other)


def _holding(
    inputs: ProbeInputs, facts: Sequence[Fact], contrast: Contrast, neurons: Sequence[Neuron], inside: str
) -> Replies:
    clamps = [
        _clamp(inputs, facts, contrast, layer, sorted(j for k, j in neurons if k == layer))
        for layer in sorted({layer for layer, _ in neurons})
    ]
    written = inputs.replies_with(facts, contrast.condition, clamps)
    return Replies(tuple(facts), (contrast.condition,) * len(facts), written, inside)


def _clamp(
    inputs: ProbeInputs, facts: Sequence[Fact], contrast: Contrast, layer: int, units: list[int]
) -> Clamp:
    """Each fact's neurons at what they were when the same fact was asked in the base."""
    return Clamp(layer, units, activations(inputs, facts, contrast.base, layer)[:, units])


def _ratio(a: float, b: float) -> float:
    """How far two sizes are apart, as a ratio. Zero is infinitely far from everything but zero."""
    low, high = sorted((a, b))
    return (high + 1e-12) / (low + 1e-12)
