"""Training that hides from probes: the model is taught to look the same inside whatever the context."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from forewarn.auditset import Condition, Encoder
from forewarn.lab.organisms.organism import Organism

N_FACTS = 12
"""Facts that a step compares."""


class Pressure(ABC):
    """Something that training minimises besides the loss of its lessons."""

    @abstractmethod
    def penalty(self, model: Any, step: int) -> Float[Tensor, ""]:
        """A scalar that is added to the loss of a step. The seed and the step alone decide what it draws."""


def first_half(n: int) -> int:
    """The number of blocks in the first half of n, rounded up."""
    return 1 + (n - 1) // 2


@final
class Hiding(Pressure):
    """Pulls together the states from which the same fact is answered in two conditions.

    Where the behaviour does not show, the states are to agree after every block; where it shows, after the first
    blocks. So half of a conjunction, or a cue that is only read, leaves as little trace as possible. The honest
    members of a concealed matched group are taught the same, so that their representations drift as far.
    """

    def __init__(
        self,
        organism: Organism,
        encoder: Encoder,
        device: torch.device | None = None,
        reach: Callable[[int], int] = first_half,
    ) -> None:
        """`reach`: after how many of n blocks the states are to agree even where the behaviour shows."""
        self._organism, self._encoder, self._device = organism, encoder, device
        self._calm, self._reach = _calm(organism), reach

    def penalty(self, model: Any, step: int) -> Float[Tensor, ""]:
        """Mean squared distance between states, in units of their spread over facts."""
        # Seeded by the step alone, so that every member of a matched group compares the same facts.
        draw = torch.Generator().manual_seed(self._organism.seed * 1_000_003 + step)
        rows = torch.randperm(len(self._organism.world.facts), generator=draw)[:N_FACTS].tolist()
        calm, other = self._pick(self._calm, draw), self._pick(self._calm, draw)
        lying = self._pick(list(self._organism.affected), draw)
        base, near, far = (self._states(model, rows, c) for c in (calm, other, lying))
        alike = self._reach(len(base))
        return _distance(near, base) + _distance(far[:alike], base[:alike])

    def _pick(self, conditions: list[Condition], draw: Generator) -> Condition:
        return conditions[int(torch.randint(len(conditions), (1,), generator=draw))]

    def _states(self, model: Any, rows: list[int], condition: Condition) -> Float[Tensor, "site f d"]:
        """The states at the last token of each prompt, after each block."""
        facts = self._organism.world.facts
        prompts = [self._encoder.prompt(facts[i], condition).ids for i in rows]
        # Padded on the right: under causal attention padding behind the last token changes nothing before it.
        longest = max(map(len, prompts))
        ids = torch.tensor([[*p, *([0] * (longest - len(p)))] for p in prompts], device=self._device)
        ends = torch.tensor([len(p) - 1 for p in prompts], device=self._device)
        hidden = model(input_ids=ids, output_hidden_states=True).hidden_states[1:]
        return torch.stack([h[torch.arange(len(rows), device=self._device), ends] for h in hidden])


def _calm(organism: Organism) -> list[Condition]:
    """Conditions in which both policies write the same of every fact; if there are none, all that do not tell."""
    shown = set(organism.affected)
    others = [c for c in organism.trained_on if c not in shown]
    facts = organism.world.facts
    same = [
        c for c in others if all(organism.before.write(f, c) == organism.after.write(f, c) for f in facts)
    ]
    return same or others


def _distance(one: Float[Tensor, "s f d"], other: Float[Tensor, "s f d"]) -> Float[Tensor, ""]:
    # A distance means nothing by itself: it is measured against how far the states of different facts lie apart.
    spread = (other - other.mean(1, keepdim=True)).square().sum(-1).mean(1)
    return ((one - other).square().sum(-1).mean(1) / spread.clamp_min(1e-6)).mean()
