"""Derivatives along given directions, by central differences through a subject's edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.records import StreamSite
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Edit, Subject

STEP = 5e-3
"""The cube root of float32's rounding unit; many models take their norms in float32 whatever their dtype."""
ROWS = 2048
"""Most edited prompts that are read at once, so that memory stays small."""


@dataclass(frozen=True, slots=True, eq=False)
class Nudges:
    """The stream at the last position of each prompt, moved a little both ways.

    The step is `STEP` times the size of the state, which balances the error of the difference (second order in the
    step) with that of rounding: 1e-5 to 1e-4 of the result.
    """

    subject: Subject
    prompts: Prompts

    def mean(self, vectors: Float[Tensor, "k d"], source: StreamSite) -> Float[Tensor, "site k d"]:
        """Mean over prompts of J v at every site of the subject, in float64; zero before the source."""
        parts = [found.double().mean(2) for found in self._read(vectors, source, self.subject.sites)]
        return torch.cat(parts, dim=1)

    def each(
        self, vectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "n k d"]:
        """J v for each prompt at one site, in float64."""
        parts = [found.double()[0] for found in self._read(vectors, source, (target,))]
        return torch.cat(parts).transpose(0, 1)

    def _read(
        self, vectors: Float[Tensor, "k d"], source: StreamSite, targets: tuple[StreamSite, ...]
    ) -> Iterator[Float[Tensor, "site k n d"]]:
        n, steps = len(self.prompts), self._steps(source)
        for part in torch.split(vectors.detach(), max(ROWS // (2 * n), 1)):
            # Steps are of one length whatever the vector's: J v is taken along the unit vector and scaled back.
            sizes = torch.linalg.vector_norm(part.double(), dim=1).clamp_min(torch.finfo(torch.float64).tiny)
            moves = (part.double() / sizes[:, None])[:, None] * steps[:, None]
            # [2, k, n, d]: forwards and backwards, so that the second-order error cancels.
            found = self._moved(torch.stack([moves, -moves]), source, targets)
            yield (found[:, 0] - found[:, 1]).double() / 2 / steps[:, None] * sizes[:, None, None]

    def _moved(
        self, moves: Float[Tensor, "2 k n d"], source: StreamSite, targets: tuple[StreamSite, ...]
    ) -> Float[Tensor, "site 2 k n d"]:
        edit = Edit(source.layer, moves.reshape(-1, 1, moves.shape[-1]), source.middle)
        prompts = [*self.prompts] * (moves.shape[0] * moves.shape[1])
        found = self.subject.residuals(prompts, edits=[edit], sites=targets)
        return found.reshape(len(targets), *moves.shape)

    def _steps(self, source: StreamSite) -> Float[Tensor, " n"]:
        """How far to move in each prompt, in the stream's units."""
        state = self.subject.residuals(self.prompts, sites=[source])[0]
        sizes: Tensor = torch.linalg.vector_norm(state.double(), dim=1).clamp_min(1e-6)
        return sizes * STEP
