"""A decoder whose layers are written in bases that differ by known rotations."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import gelu

from forewarn.records import StreamSite
from forewarn.subjects.layout import Overrides
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import Subject

WIDTH, DEPTH, NEURONS, BEND, PASTS = 32, 5, 64, 0.3, 997
Draw = Callable[..., Tensor]


@final
class Rotated(nn.Module):
    """h <- Q h + 0.3 W_out gelu(W_in h), five times, from an embedding with as much noise of context on it.

    The noise at a position is a vector looked up by what stands before it. Q is a rotation whose largest angle is
    `angle`. What is written after block l arrives before block m as Q_{m-1} ... Q_{l+1} w, which is the truth.
    """

    def __init__(self, seed: int, angle: float, vocab: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)

        def draw(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator)

        past = draw(PASTS, WIDTH)
        past[0] = 0.0
        self.embed = nn.Embedding(vocab, WIDTH, _weight=draw(vocab, WIDTH))
        self.context = nn.Embedding(PASTS, WIDTH, _weight=past)
        self.blocks = nn.ModuleList(_Block(angle, draw) for _ in range(DEPTH))
        self.head = nn.Linear(WIDTH, vocab, bias=False)
        self.head.weight = nn.Parameter(draw(vocab, WIDTH))

    def forward(self, ids: Int[Tensor, "b t"]) -> Float[Tensor, "b t v"]:
        """Logits."""
        past = torch.zeros_like(ids)
        for t in range(1, ids.shape[1]):
            past[:, t] = (past[:, t - 1] * 31 + ids[:, t - 1] * 17 + 1) % (PASTS - 1) + 1
        x = self.embed(ids) + self.context(past)
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def opened(self, example: list[list[int]]) -> Subject:
        """The model opened for reading; its blocks move nothing between positions, so that they must be named."""
        names = tuple(f"blocks.{k}" for k in range(DEPTH))
        return open_subject(
            self, None, example, Overrides(blocks=names, embedding="embed", unembedding="head")
        )

    @torch.no_grad()
    def pairs(self) -> list[tuple[StreamSite, StreamSite, Tensor, Tensor, Tensor]]:
        """Source, target, writes, reads and the true path between them, for blocks at least two apart."""
        out = []
        for source in range(1, DEPTH):
            path = torch.eye(WIDTH)
            for target in range(source + 1, DEPTH):
                path = self.blocks[target - 1].turn @ path
                writes, reads = self.blocks[source - 1].write, self.blocks[target].read
                out.append((StreamSite(source), StreamSite(target), writes, reads, path))
        return out


class _Block(nn.Module):
    def __init__(self, angle: float, draw: Draw) -> None:
        super().__init__()
        self.turn = nn.Parameter(_rotation(angle, draw))
        self.read = nn.Parameter(draw(NEURONS, WIDTH) / WIDTH**0.5)
        self.write = nn.Parameter(draw(NEURONS, WIDTH) / NEURONS**0.5)

    def forward(self, x: Float[Tensor, "b t d"]) -> Float[Tensor, "b t d"]:
        return x @ self.turn.T + BEND * gelu(x @ self.read.T) @ self.write


def _rotation(angle: float, draw: Draw) -> Float[Tensor, "d d"]:
    """Turns one plane by `angle` and others by less, in a random basis."""
    basis = torch.linalg.qr(draw(WIDTH, WIDTH)).Q
    angles = angle * torch.tanh(draw(WIDTH // 2))
    angles[0] = angle
    turns = [
        torch.tensor([[c, -s], [s, c]])
        for c, s in zip(angles.cos().tolist(), angles.sin().tolist(), strict=True)
    ]
    return basis @ torch.block_diag(*turns) @ basis.T
