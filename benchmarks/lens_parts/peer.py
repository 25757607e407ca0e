"""The tuned-lens package, trained by its own published recipe on states that are given to it.

Its command line does not start with today's torchdata, so that the loop of its `scripts/train_loop.py` stands
here: KL of every layer in turn, gradients of all of them clipped together to norm 1, a linear decay of the rate to
zero, and one of its two optimisers. SGD: Nesterov momentum 0.9, rate 1 * (1 - 0.9), weight decay 1e-3. Adam: rate
1e-3, amsgrad, betas 0.9 and 0.999, weight decay 1e-3, and no warm-up, which its code never makes.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

ABSENT = "the peer is not installed: pip install --no-deps tuned-lens==0.2.0"
Optimiser = Literal["sgd", "adam"]
OPTIMISERS: tuple[Optimiser, ...] = ("sgd", "adam")
MOMENTUM, DECAY, CLIP = 0.9, 1e-3, 1.0
Score = Callable[[int, Callable[[Tensor], Tensor]], tuple[Tensor, Tensor]]
"""For a layer and its map: KL of each deciding and of each scored state."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One of the package's optimisers, and for how long."""

    optimiser: Optimiser
    steps: int
    batch: int
    """Most states in a step."""
    every: int
    """Steps between two evaluations."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How one training of the peer went; its iterate is the best one, on deciding states, of each layer."""

    recipe: Recipe
    seconds: Sequence[float]
    """Processor seconds of training until each evaluation; evaluations do not count."""
    deciding: Sequence[float]
    """Mean KL over layers, at each evaluation, of the best iterates until then."""
    scored: Sequence[float]
    """The same on the scored states."""
    by_layer: Float[Tensor, "layer n"]
    """KL of each scored state under the best iterates."""

    def seconds_to_best(self, slack: float = 0.01) -> float:
        """Until its scored KL first came within `slack` of what it ends at."""
        enough = self.scored[-1] * (1 + slack)
        return next(s for s, kl in zip(self.seconds, self.scored, strict=True) if kl <= enough)


def installed() -> bool:
    """Whether there is a peer."""
    return importlib.util.find_spec("tuned_lens") is not None


def train(
    model: Any,
    states: Float[Tensor, "layer n d"],
    logp: Float[Tensor, "n v"],
    score: Score,
    recipe: Recipe,
) -> Trial:
    """Train the peer on states of `hidden_states[:-1]` at some layers; the same steps whatever the clock.

    Its maps are alike and apart, so that the first ones serve whichever layers are given.
    """
    from tuned_lens import TunedLens

    lens = TunedLens.from_model(model)
    maps = list(lens)[: len(states)]
    parameters = [p for each in maps for p in each.parameters()]
    made = _optimiser(recipe.optimiser, parameters)
    decay = torch.optim.lr_scheduler.LambdaLR(made, lambda step: 1 - step / recipe.steps)
    kept = _Kept(lens, score, len(states))
    kept.look(0.0)
    spent, begun = 0.0, time.process_time()
    for step, index in enumerate(_batches(len(logp), recipe), 1):
        made.zero_grad()
        wanted = logp[index]
        for layer, h in enumerate(states):
            loss = (wanted.exp() * (wanted - lens(h[index], idx=layer).log_softmax(-1))).sum(-1).mean()
            loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        made.step()
        decay.step()
        if step % recipe.every == 0 or step == recipe.steps:
            spent += time.process_time() - begun
            kept.look(spent)
            begun = time.process_time()
    return Trial(recipe, kept.seconds, kept.deciding, kept.scored, kept.by_layer())


class _Kept:
    """The best iterate of each layer so far."""

    def __init__(self, lens: Any, score: Score, layers: int) -> None:
        self._lens, self._score, self._layers = lens, score, layers
        self._best = [float("inf")] * layers
        self._states = [torch.empty(0)] * layers
        self.seconds: list[float] = []
        self.deciding: list[float] = []
        self.scored: list[float] = []

    def look(self, seconds: float) -> None:
        """Score every layer as it is now."""
        for layer in range(self._layers):
            with torch.no_grad():
                deciding, scored = self._score(layer, lambda h, at=layer: self._lens.transform_hidden(h, at))
            if float(deciding.mean()) < self._best[layer]:
                self._best[layer], self._states[layer] = float(deciding.mean()), scored
        self.seconds.append(seconds)
        self.deciding.append(sum(self._best) / self._layers)
        self.scored.append(float(self.by_layer().mean()))

    def by_layer(self) -> Tensor:
        return torch.stack(self._states)


def _optimiser(name: Optimiser, parameters: list[Any]) -> torch.optim.Optimizer:
    if name == "sgd":
        return torch.optim.SGD(
            parameters, lr=1 - MOMENTUM, momentum=MOMENTUM, nesterov=True, weight_decay=DECAY
        )
    return torch.optim.Adam(parameters, lr=1e-3, betas=(MOMENTUM, 0.999), amsgrad=True, weight_decay=DECAY)


def _batches(n: int, recipe: Recipe) -> Iterator[Tensor]:
    """All states in every step where they fit, as its huge steps do; else a new order for every round."""
    generator, order, at, size = torch.Generator().manual_seed(0), torch.arange(n), 0, recipe.batch
    for _ in range(recipe.steps):
        if size >= n:
            yield order
            continue
        if at % (n // size) == 0:
            order, at = torch.randperm(n, generator=generator), 0
        yield order[at * size : (at + 1) * size]
        at += 1
