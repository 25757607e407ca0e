"""Training a model step by step."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, final

import torch
from torch import Tensor

from forewarn.lab.organisms.concealment import Pressure
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.scratch import RECIPE
from forewarn.lab.organisms.start import Recipe


def steps(model: Any, lessons: TrainingBatches, n: int) -> Iterator[int]:
    """Train for n steps from scratch's recipe, and give the number of each step once it is done."""
    yield from Learner(model, lessons, RECIPE).until(n)


@final
class Learner:
    """A model that is being trained, with its optimiser. Mutable."""

    def __init__(
        self,
        model: Any,
        lessons: TrainingBatches,
        recipe: Recipe,
        pressure: Pressure | None = None,
        weight: float = 0.0,
    ) -> None:
        self.model, self._lessons, self._recipe = model, lessons, recipe
        self._pressure, self._weight = pressure, weight
        self._trained = [p for p in model.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(self._trained, lr=recipe.rate, weight_decay=recipe.decay)
        self._done = 0

    def until(self, n: int) -> Iterator[int]:
        """Train on up to step n, and give the number of each step once it is done."""
        while self._done < n:
            self._step(self._done + 1)
            self._done += 1
            yield self._done

    def at(self, wanted: Sequence[int]) -> Iterator[int]:
        """Train on to each of these steps in turn, and give it once it is reached."""
        for step in wanted:
            for _ in self.until(step):
                pass
            yield step

    def branch(self, lessons: TrainingBatches, pressure: Pressure | None, weight: float) -> Learner:
        """Another learner that goes on from here with other lessons; this one stays as it is."""
        other = Learner(copy.deepcopy(self.model), lessons, self._recipe, pressure, weight)
        other._optimizer.load_state_dict(copy.deepcopy(self._optimizer.state_dict()))
        other._done = self._done
        return other

    def _step(self, step: int) -> None:
        ids, labels = (t.to(self._trained[0].device) for t in self._lessons.batch(step, self._recipe.batch))
        self._optimizer.zero_grad()
        loss = self.model(input_ids=ids, labels=labels).loss
        if self._pressure is not None:
            loss = loss + self._weight * self._pressure.penalty(self.model, step)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._trained, self._recipe.clip)
        self._optimizer.step()


def weights(model: Any) -> dict[str, Tensor]:
    """Copies in the CPU's memory of all weights that training changes; tied weights once."""
    # A frozen weight is the same in every snapshot; a tied one would be stored twice.
    left = {n for n, p in model.named_parameters(remove_duplicate=False) if not p.requires_grad}
    found, seen = dict[str, Tensor](), set[int]()
    for name, tensor in model.state_dict().items():
        if name not in left and tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            found[name] = tensor.detach().to("cpu", copy=True)
    return found
