"""What a condition changes in every neuron at the answer's position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Condition, Fact
from forewarn.errors import NotApplicableError
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.turning import Contrast
from forewarn.subjects.anatomy import MlpWeights, Unsupported
from forewarn.subjects.subject import Subject


@dataclass(frozen=True, slots=True, eq=False)
class Neurons:
    """The n neurons of one block while f facts are asked, once in the base and once under the condition."""

    layer: int
    """k of 1 to L."""
    mlp: MlpWeights
    """What they read and write."""
    before: Float[Tensor, "f n"]
    """Activations in the base."""
    after: Float[Tensor, "f n"]
    """Activations under the condition."""
    read_before: Float[Tensor, "f d"]
    """The stream that they read, in the base."""
    read_after: Float[Tensor, "f d"]
    """The stream that they read, under the condition."""

    @property
    def change(self) -> Float[Tensor, "f n"]:
        """Activation under the condition minus that in the base."""
        return self.after - self.before

    @property
    def size(self) -> Float[Tensor, " n"]:
        """Mean length of what each neuron's change adds to the stream."""
        lengths: Tensor = self.mlp.write.norm(dim=-1)
        return self.change.abs().mean(0) * lengths


def neurons_of(subject: Subject) -> tuple[tuple[int, MlpWeights], ...]:
    """Blocks whose neurons can be given, with their weights, in order.

    Raises:
        NotApplicableError: there is no such block (says what was found in the first one), or no unembedding.
    """
    anatomy = subject.anatomy()
    anatomy.readout()
    known = tuple((b.layer, b.mlp) for b in anatomy.blocks if not isinstance(b.mlp, Unsupported))
    reasons = [b.mlp.reason for b in anatomy.blocks if isinstance(b.mlp, Unsupported)]
    if not known:
        raise NotApplicableError(f"no block's neurons can be given as vectors of the stream: {reasons[0]}")
    return known


def changes(inputs: ProbeInputs, facts: Sequence[Fact], contrast: Contrast) -> tuple[Neurons, ...]:
    """Every block whose neurons can be given, in order; errors as for `neurons_of`."""
    known = neurons_of(inputs.subject)
    return tuple(_changed(inputs, facts, contrast, layer, mlp) for layer, mlp in known)


def activations(
    inputs: ProbeInputs, facts: Sequence[Fact], condition: Condition, layer: int
) -> Float[Tensor, "f n"]:
    """Activations of a block's neurons at the answer's position, read once in a look."""
    prompts = [p.ids for p in inputs.prompts(facts, condition)]
    key = ("activations", tuple(prompts), layer)
    return inputs.once(key, lambda: inputs.subject.activations(prompts, layer))


def _changed(
    inputs: ProbeInputs, facts: Sequence[Fact], contrast: Contrast, layer: int, mlp: MlpWeights
) -> Neurons:
    conditions = (contrast.base, contrast.condition)
    acts = [activations(inputs, facts, c, layer) for c in conditions]
    prompts = [[p.ids for p in inputs.prompts(facts, c)] for c in conditions]
    states = [inputs.subject.residuals(p, sites=[mlp.site])[0] for p in prompts]
    return Neurons(layer, mlp, acts[0], acts[1], states[0], states[1])
