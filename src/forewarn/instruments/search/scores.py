"""How promising an edit is before anything is asked: by what it moves, and by the gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Condition, Fact, Part
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.moves import Move


class Scout:
    """Looks at a few facts without reading any answer; remembers states and gradients by condition."""

    def __init__(self, inputs: ProbeInputs, layer: int, facts: Sequence[Fact]) -> None:
        """`layer`: where the answer's state is compared."""
        self.inputs, self.layer, self.facts = inputs, layer, tuple(facts)
        self._states: dict[Condition, Float[Tensor, " d"]] = {}
        self._pulls: dict[Condition, Float[Tensor, " d"]] = {}
        self._gradients: dict[Condition, list[Float[Tensor, "t d"]]] = {}

    def shift(self, move: Move) -> Float[Tensor, " d"]:
        """Mean movement of the answer's state from a move's base to its condition."""
        return self._state(move.condition) - self._state(move.base)

    def pull(self, condition: Condition) -> Float[Tensor, " d"]:
        """Mean direction at the layer's answer position that makes the truth less likely."""
        if condition not in self._pulls:
            prompts = [p.ids for p in self.inputs.prompts(self.facts, condition)]
            targets = self.inputs.first_tokens(self.facts)
            gradients = self.inputs.subject.residual_gradient(prompts, targets, self.layer)
            self._pulls[condition] = -torch.stack([g[-1] for g in gradients]).mean(0)
        return self._pulls[condition]

    def slope(self, base: Condition, edit: Part) -> float:
        """First-order change of -log p(truth) when a part is replaced (Ebrahimi et al. 2018, HotFlip).

        0 where there is no such slot or the new phrase has another number of tokens.
        """
        place = next((i for i, p in enumerate(base) if p.slot == edit.slot), None)
        if place is None:
            return 0.0
        new = self.inputs.encoder.piece(edit.phrase, first=place == 0)
        slopes = [
            self._along(gradient, prompt.ids, prompt.spans[place], new)
            for gradient, prompt in zip(
                self._gradient(base), self.inputs.prompts(self.facts, base), strict=True
            )
        ]
        return sum(slopes) / len(slopes)

    def _state(self, condition: Condition) -> Float[Tensor, " d"]:
        if condition not in self._states:
            self._states[condition] = self.inputs.residuals(self.facts, condition)[self.layer].mean(0)
        return self._states[condition]

    def _gradient(self, condition: Condition) -> list[Float[Tensor, "t d"]]:
        if condition not in self._gradients:
            prompts = [p.ids for p in self.inputs.prompts(self.facts, condition)]
            targets = self.inputs.first_tokens(self.facts)
            self._gradients[condition] = self.inputs.subject.embedding_gradient(prompts, targets)
        return self._gradients[condition]

    def _along(
        self, gradient: Float[Tensor, "t d"], ids: Sequence[int], span: tuple[int, int], new: Sequence[int]
    ) -> float:
        start, end = span
        if len(new) != end - start:
            return 0.0
        embedding_of = self.inputs.subject.embedding_of
        return -float((gradient[start:end] * (embedding_of(new) - embedding_of(ids[start:end]))).sum())


def displacement(scout: Scout, moves: Sequence[Move]) -> Mapping[Move, float]:
    """How far each edit moves the answer's state, relative to the median edit: dimensionless.

    A latent policy shows here before it acts: half of a conjunction changes no answer, yet moves the state
    further than an ordinary phrase does. Honest changes of format or topic do so too; only asking tells.
    """
    lengths = {m: float(scout.shift(m).norm()) for m in moves}
    middle = sorted(lengths.values())[len(lengths) // 2] if lengths else 0.0
    return {m: length / max(middle, 1e-12) for m, length in lengths.items()}


def interaction(scout: Scout, first: Move, second: Move) -> float:
    """How strongly each of two edits pulls on the truth along the direction in which the other moves the state.

    Second order, and so able to see a pair neither half of which changes an answer. Only the magnitude tells:
    where the truth is nearly certain the sign of a gradient is as good as drawn (benchmarks/search.py).
    """
    pulls = scout.pull(first.condition) @ scout.shift(second) + scout.pull(second.condition) @ scout.shift(
        first
    )
    return abs(float(pulls))
