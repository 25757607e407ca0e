"""Token-by-token matrices of low rank, never written out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.records.ranking import Effect

ENTRIES = 2**22
"""Most entries of the matrix that are held at once."""


@final
@dataclass(frozen=True, slots=True)
class Pair:
    """One entry: a row's token, a column's token, and their value."""

    row: int
    column: int
    value: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """The matrix `left @ right.T`, a row and a column for each token."""

    left: Float[Tensor, "n r"]
    """Of the rows."""
    right: Float[Tensor, "m r"]
    """Of the columns."""
    effect: Effect
    """Which effect it predicts."""
    through: str
    """Names of the maps that it is read through."""

    def entries(self, rows: Sequence[int], columns: Sequence[int]) -> Float[Tensor, " k"]:
        """The values at some pairs of a row and a column."""
        return (self.left[list(rows)] * self.right[list(columns)]).sum(-1)

    def row(self, token: int) -> Float[Tensor, " m"]:
        """One whole row."""
        return self.right @ self.left[token]

    def top(self, k: int, *, largest: bool = True, entries: int = ENTRIES) -> tuple[Pair, ...]:
        """At most k entries, the largest first (with `largest=False` the smallest first).

        Searched block by block, the longest rows first, until no row left can be among them: |x . y| <= |x| |y|.
        ConfigurationError for k below 1.
        """
        if k < 1:
            raise ConfigurationError(f"at least 1 pair is asked for; found {k}")
        sign = 1.0 if largest else -1.0
        best, at = self.left.new_empty(0), torch.empty(0, 2, dtype=torch.long)
        # Rows come longest first: once a bound is below the k-th best, none that follows can be better.
        for rows, bound in self._blocks(max(entries // max(len(self.right), 1), 1)):
            if len(best) == k and bound < best[-1]:
                break
            block = sign * (self.left[rows] @ self.right.T)
            values, flat = block.flatten().topk(min(k, block.numel()))
            found = torch.stack([rows[flat // block.shape[1]], flat % block.shape[1]], 1)
            values, at = torch.cat([best, values]), torch.cat([at, found])
            order = values.argsort(descending=True, stable=True)[:k]
            best, at = values[order], at[order]
        pairs = zip(at.tolist(), best.tolist(), strict=True)
        return tuple(Pair(row, column, sign * value) for (row, column), value in pairs)

    def _blocks(self, size: int) -> Iterator[tuple[Tensor, float]]:
        """Rows, the longest first, and what no entry of theirs or of later ones exceeds."""
        lengths = self.left.norm(dim=-1)
        longest = float(self.right.norm(dim=-1).max()) if len(self.right) else 0.0
        for rows in lengths.argsort(descending=True).split(size):
            yield rows, float(lengths[rows[0]]) * longest
