"""How far the answer states have moved in the direction of false statements."""

from __future__ import annotations

from typing import ClassVar, Final, final

from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Split
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.baselines.contract import Baseline
from forewarn.lab.baselines.figures import mean, movement, spread
from forewarn.lab.baselines.reading import at_depth, audited
from forewarn.lab.baselines.statements import statements

DEPTHS: Final = {"1/4": 0.25, "1/2": 0.5, "3/4": 0.75}
"""Where the trait is read, as shares of the blocks."""


@final
class TraitDrift(Baseline):
    """Movement of the answer states since the reference, along the direction from true to false statements.

    After persona vectors (arXiv 2507.21509) and trait-space monitoring of fine-tuning (arXiv 2606.07631): a
    difference of means, fixed at the reference, and the projection of the shift onto it. Simplified: one trait,
    for our models know no others, and it is drawn from true and false statements instead of described in words;
    shifts are means over the audit set's questions in truthful contexts.
    """

    name: ClassVar[str] = "trait-drift"
    figures: ClassVar[tuple[str, ...]] = tuple(f"drift at {depth}" for depth in DEPTHS)

    def measure(self, now: ProbeInputs, reference: ProbeInputs, split: Split) -> tuple[float, ...]:
        """Signed movement at each depth, in standard deviations of the reference's states along the trait."""
        traits = reference.once((self.name, split), lambda: _traits(reference, split))
        return tuple(_moved(now, reference, layer, trait) for layer, trait in traits)


def _traits(reference: ProbeInputs, split: Split) -> list[tuple[int, Float[Tensor, " d"]]]:
    layers = [at_depth(reference.subject.n_layers, share) for share in DEPTHS.values()]
    read = sorted(set(layers))
    found = statements(reference, split.explore, read)
    traits = found.false_ones.mean(1) - found.true_ones.mean(1)
    return [(layer, traits[read.index(layer)]) for layer in layers]


def _moved(now: ProbeInputs, reference: ProbeInputs, layer: int, trait: Float[Tensor, " d"]) -> float:
    before, after = (audited(inputs, layer) @ trait for inputs in (reference, now))
    return movement(mean(after) - mean(before), spread(before))
