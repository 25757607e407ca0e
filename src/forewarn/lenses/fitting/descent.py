"""The short optimisation that follows a closed form, at several sites at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.losses import CHUNK, LensLoss, RowSample
from forewarn.lenses.settings import FitSettings
from forewarn.subjects.deadline import check_time

MOMENTA = (0.9, 0.99)
CHECKS = 6
"""How often the held-out states are asked during one optimisation."""
SHARPENING = 5.0
"""By how much log beta is faster than the map."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class LensMaps:
    """A map at each site, and how sharply its image is read."""

    affines: Affines
    beta: Float[Tensor, " site"]

    def where(self, chosen: Bool[Tensor, " site"], other: LensMaps) -> LensMaps:
        """These at the chosen sites, the others elsewhere."""
        return LensMaps(self.affines.where(chosen, other.affines), torch.where(chosen, self.beta, other.beta))

    def mixed(self, share: float, other: LensMaps) -> LensMaps:
        """`share` of these, the rest of the others; beta by its logarithm."""
        beta = torch.lerp(other.beta.log(), self.beta.log(), share).exp()
        return LensMaps(self.affines.mixed(share, other.affines), beta)


@final
@dataclass(frozen=True, slots=True, eq=False)
class HeldOutLoss:
    """Mean held-out loss of maps, always on the same states and rows."""

    loss: LensLoss
    states: Float[Tensor, "site n d"]
    drawn: RowSample | None

    def __call__(self, maps: LensMaps) -> Float[Tensor, " site"]:
        """At each site, without gradients."""
        return self.each(maps).mean(1)

    def each(self, maps: LensMaps) -> Float[Tensor, "site n"]:
        """For each state."""
        rows = self.loss.width if self.drawn is None else len(self.drawn.rows)
        # Logits of a chunk are [site, size, rows]: no more than CHUNK numbers are held at once.
        size = max(CHUNK // (rows * len(self.states)), 1)
        index = torch.split(torch.arange(self.states.shape[1], device=self.states.device), size)
        with torch.no_grad():
            found = [
                self.loss.losses(maps.affines(self.states[:, at]), at, self.drawn, maps.beta) for at in index
            ]
        return torch.cat(found, 1)

    def best(self, candidates: Sequence[LensMaps]) -> LensMaps:
        """At each site the candidate of least loss; of equals the first; never one that is not finite."""
        best, least = candidates[0], self(candidates[0])
        for candidate in candidates[1:]:
            loss = self(candidate)
            better = loss < least
            best, least = candidate.where(better, best), torch.where(better, loss, least)
        return best


@final
@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) on M, the map being start + M R.

    R whitens the states, which makes the directions alike for the optimiser; decay pulls to the start. What is
    given back is the iterate of least held-out loss at each site, the start itself among them.
    """

    loss: LensLoss
    states: Float[Tensor, "site n d"]
    whitener: Float[Tensor, "site d d"]
    centre: Float[Tensor, "site d"]
    held_out: HeldOutLoss
    settings: FitSettings
    steps: int
    sharpens: bool = False
    """Whether beta is fitted too."""

    def run(self, start: LensMaps, generator: torch.Generator) -> LensMaps:
        """From one start at each site."""
        leaves = [torch.zeros_like(t) for t in (start.affines.weight, start.affines.bias, start.beta)]
        moved, shift, sharper = leaves
        optimiser = self._optimiser(leaves)
        # The start's images are computed once, and a step adds `given M^T + shift` to them. So M begins at zero,
        # and decay pulls towards the start.
        base = start.affines(self.states)
        white = (self.states - self.centre[:, None]) @ self.whitener
        best, least = start, self.held_out(start)
        for step, index in enumerate(self._batches(generator), 1):
            drawn, given = self.loss.draw(self.settings.rows, generator), white[:, index]
            images = torch.baddbmm(base[:, index] + shift[:, None], given, moved.mT)
            by_image, by_beta = self.loss.slopes(images, index, drawn, start.beta * sharper.exp())
            # [s, d, b] @ [s, b, d]: the gradient by M of a loss whose gradient by the images is known.
            gradients = (by_image.mT @ given, by_image.sum(1), by_beta if self.sharpens else None)
            self._stepped(optimiser, leaves, gradients, step)
            if step % max(self.steps // CHECKS, 1) == 0 or step == self.steps:
                best, least = self._better(self._maps(start, leaves), best, least)
        return best

    def _stepped(
        self,
        optimiser: torch.optim.Optimizer,
        leaves: Sequence[Tensor],
        gradients: Sequence[Tensor | None],
        step: int,
    ) -> None:
        for leaf, gradient in zip(leaves, gradients, strict=True):
            leaf.grad = gradient
        for group in optimiser.param_groups:
            group["lr"] = group["first"] * (1 - (step - 1) / self.steps)
        optimiser.step()

    def _better(self, now: LensMaps, best: LensMaps, least: Tensor) -> tuple[LensMaps, Tensor]:
        loss = self.held_out(now)
        better = loss < least
        return now.where(better, best), torch.where(better, loss, least)

    def _maps(self, start: LensMaps, leaves: Sequence[Tensor]) -> LensMaps:
        moved, shift, sharper = leaves
        # M R (h - c) = (M R) h - (M R) c
        weight = moved @ self.whitener
        bias = shift - (weight @ self.centre[..., None])[..., 0]
        affines = Affines(start.affines.weight + weight, start.affines.bias + bias)
        return LensMaps(affines, start.beta * sharper.exp())

    def _optimiser(self, leaves: Sequence[Tensor]) -> torch.optim.Optimizer:
        rate, faster = self.settings.rate, self.settings.rate * SHARPENING
        groups = [
            {"params": list(leaves[:2]), "first": rate, "weight_decay": self.settings.decay},
            {"params": [leaves[2]], "first": faster, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=rate, betas=MOMENTA)

    def _batches(self, generator: torch.Generator) -> Iterator[Int[Tensor, " b"]]:
        """All states at once where they fit in a step, else a new order of them for every round."""
        n, size = self.states.shape[1], min(self.settings.batch, self.states.shape[1])
        order, at = torch.arange(n), 0
        for _ in range(self.steps):
            check_time()
            if size < n and at % (n // size) == 0:
                order, at = torch.randperm(n, generator=generator), 0
            yield order[at * size : (at + 1) * size].to(self.states.device)
            at += size < n
