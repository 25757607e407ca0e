"""What a lens's image is scored by: the distribution that it ought to give."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.subjects.reading.unembedder import Unembedder

CHUNK = 2**24
"""Most entries of one block of logits."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class RowSample:
    """Rows that a loss looks at, and what is added to their logits."""

    rows: Float[Tensor, "c w"]
    offsets: Float[Tensor, " c"]


class LensLoss(ABC):
    """Cross-entropy or KL of wanted distributions with those that images give, in nats."""

    @abstractmethod
    def draw(self, count: int, generator: torch.Generator) -> RowSample | None:
        """About `count` rows to look at; None: all of them, however many."""

    @abstractmethod
    def losses(
        self,
        images: Float[Tensor, "site b d"],
        index: Int[Tensor, " b"],
        drawn: RowSample | None,
        beta: Tensor,
    ) -> Float[Tensor, "site b"]:
        """For the states `index`; `beta` [site] multiplies logits before the offsets."""

    def slopes(
        self,
        images: Float[Tensor, "site b d"],
        index: Int[Tensor, " b"],
        drawn: RowSample | None,
        beta: Tensor,
    ) -> tuple[Float[Tensor, "site b d"], Float[Tensor, " site"]]:
        """Derivatives of each site's mean loss: by its images, and by log beta."""
        with torch.enable_grad():
            leaf = images.detach().requires_grad_(True)
            sharper = torch.zeros_like(beta).requires_grad_(True)
            total = self.losses(leaf, index, drawn, beta * sharper.exp()).mean(1).sum()
        # Where nothing is sharpened beta stands in no loss.
        by_image, by_beta = torch.autograd.grad(total, [leaf, sharper], allow_unused=True)
        return by_image, torch.zeros_like(beta) if by_beta is None else by_beta

    @property
    @abstractmethod
    def width(self) -> int:
        """Rows when all are looked at."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class MatrixLoss(LensLoss):
    """Logits beta * prepare(image) @ rows.T + offsets.

    The expected logit under the wanted distribution is linear in what is prepared, so that only the normaliser
    needs the rows: a sample of them does, each weighted by the inverse of its chance to be in it (Horvitz and
    Thompson 1952, JASA 47:663).
    """

    prepare: Callable[[Tensor], Tensor]
    rows: Float[Tensor, "v w"]
    offsets: Float[Tensor, " v"]
    aims: Float[Tensor, "n w"]
    """Mean row under each state's wanted distribution."""
    constants: Float[Tensor, " n"]
    """Sum of p log p less the mean offset, under the same."""
    share: Float[Tensor, " v"]
    """How often each row is expected to matter; adds up to 1."""

    def draw(self, count: int, generator: torch.Generator) -> RowSample | None:
        """Each row by itself with a chance in proportion to its share, at most 1 (Poisson sampling)."""
        if count >= len(self.rows):
            return None
        chance = (count * (0.8 * self.share + 0.2 / len(self.share))).clamp_max(1.0)
        kept = (torch.rand(len(chance), generator=generator) < chance.cpu()).nonzero()[:, 0].to(chance.device)
        kept = kept if len(kept) else chance.argmax()[None]
        # exp(-log chance) weighs a row by how seldom it is drawn, so that the sum of exponents has no bias.
        return RowSample(self.rows[kept], self.offsets[kept] - chance[kept].log())

    def losses(
        self,
        images: Float[Tensor, "site b d"],
        index: Int[Tensor, " b"],
        drawn: RowSample | None,
        beta: Tensor,
    ) -> Float[Tensor, "site b"]:
        """The log of the summed exponents of the logits, less the expected one, plus the constant."""
        drawn = drawn or RowSample(self.rows, self.offsets)
        x = self.prepare(images) * beta[:, None, None]
        # KL(p || q) = sum p log p - E_p[logit] + log sum exp(logit). Only the last term needs the rows, since
        # `aims` is E_p[row].
        normaliser = (x @ drawn.rows.T + drawn.offsets).logsumexp(-1)
        return normaliser - (x * self.aims[index]).sum(-1) + self.constants[index]

    def slopes(
        self,
        images: Float[Tensor, "site b d"],
        index: Int[Tensor, " b"],
        drawn: RowSample | None,
        beta: Tensor,
    ) -> tuple[Float[Tensor, "site b d"], Float[Tensor, " site"]]:
        """By the formula (expected row less aimed row), pulled back through `prepare`; no loss is computed."""
        drawn, scale = drawn or RowSample(self.rows, self.offsets), beta[:, None, None]
        with torch.enable_grad():
            leaf = images.detach().requires_grad_(True)
            prepared = self.prepare(leaf)
        x = prepared.detach()
        # The gradient of log-sum-exp is the expected row under the softmax. By formula, so that no graph keeps
        # tensors of [site, b, v].
        p = (x * scale @ drawn.rows.T).add_(drawn.offsets).softmax(-1)
        pull = (p @ drawn.rows - self.aims[index]) * (scale / images.shape[1])
        return torch.autograd.grad(prepared, leaf, pull)[0], (pull * x).sum((1, 2))

    @property
    def width(self) -> int:
        """Number of rows."""
        return len(self.rows)


@final
@dataclass(frozen=True, slots=True, eq=False)
class ReadoutLoss(LensLoss):
    """The model's own readout as a whole, whatever it is; KL with the wanted distributions."""

    unembedder: Unembedder
    logp: Float[Tensor, "n v"]
    """Wanted log-probabilities."""

    def draw(self, count: int, generator: torch.Generator) -> RowSample | None:
        """All rows."""
        return None

    def losses(
        self,
        images: Float[Tensor, "site b d"],
        index: Int[Tensor, " b"],
        drawn: RowSample | None,
        beta: Tensor,
    ) -> Float[Tensor, "site b"]:
        """KL from the logits of every row."""
        wanted = self.logp[index]
        return (wanted.exp() * (wanted - self.unembedder(images).log_softmax(-1))).sum(-1)

    @property
    def width(self) -> int:
        """Number of tokens."""
        return self.logp.shape[1]


def output_loss(unembedder: Unembedder, last: Float[Tensor, "n d"]) -> LensLoss:
    """KL(the model's output || what an image gives), the output being what states of the last site give.

    Of an unembedding that is one matrix no [n, v] tensor is kept.
    """
    found = unembedder.rows()
    size = max(CHUNK // unembedder.found.layout.vocab, 1)
    if found is None:
        return ReadoutLoss(
            unembedder, torch.cat([unembedder(h).log_softmax(-1) for h in torch.split(last, size)])
        )
    rows, offsets = found
    aims, constants, share = [], [], torch.zeros_like(offsets)
    for h in torch.split(last, size):
        logp = (unembedder.prepare(h) @ rows.T + offsets).log_softmax(-1)
        p = logp.exp()
        aims.append(p @ rows)
        constants.append((p * logp).sum(-1) - p @ offsets)
        share += p.sum(0)
    return MatrixLoss(
        unembedder.prepare, rows, offsets, torch.cat(aims), torch.cat(constants), share / share.sum()
    )
