"""How the matrices that write to the stream differ between two snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import NotApplicableError
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import HeadWeights, MlpWeights, Unsupported
from forewarn.subjects.subject import Subject

N_DIRECTIONS = 4
"""Directions of a difference that are put back and told in words."""
LEAST_SHARE = 1e-9
"""Share of the strongest direction's energy below which a direction counts for rounding."""
LEAST_RELATIVE = 1e-6
"""Relative size of a difference below which it is rounding."""
Writer = Literal["mlp", "attention"]


@dataclass(frozen=True, slots=True, eq=False)
class WriteChange:
    """The difference of what one part of one block writes, in the stream's coordinates."""

    part: Writer
    """Which part of the block."""
    layer: int
    """k of 1 to L."""
    site: StreamSite
    """The first site that holds what it writes."""
    reads_at: StreamSite
    """The site that it reads."""
    energy: Float[Tensor, " d"]
    """Squared singular values of the difference, the largest first."""
    directions: Float[Tensor, "d d"]
    """Row r: the r-th direction of writing (right singular vector), of length 1."""
    reads: Float[Tensor, "d d"]
    """Row r: what the part must read to write along direction r more than it did."""
    relative: float
    """Frobenius norm of the difference over that of the later matrix."""

    @property
    def name(self) -> str:
        """Such as "mlp2"."""
        return f"{self.part}{self.layer}"

    @property
    def effective_rank(self) -> float:
        """Exponential of the entropy of the energy's shares, from 1 to d (after Roy and Vetterli 2007)."""
        shares = self.energy / self.energy.sum().clamp_min(1e-300)
        return float(torch.special.entr(shares).sum().exp())

    @property
    def strongest(self) -> Float[Tensor, "k d"]:
        """The first directions, as far as they hold energy: at most `N_DIRECTIONS`, and an eighth of the width."""
        most = max(1, min(N_DIRECTIONS, self.directions.shape[1] // 8))
        return self.directions[: min(most, int((self.energy > LEAST_SHARE * self.energy[0]).sum()))]

    @property
    def share(self) -> float:
        """Share of the energy that the strongest directions hold."""
        return float(self.energy[: len(self.strongest)].sum() / self.energy.sum().clamp_min(1e-300))


def write_changes(now: Subject, then: Subject) -> tuple[WriteChange, ...]:
    """All parts that both snapshots let be read and that differ at all, in the stream's order.

    Raises:
        NotApplicableError: no part of the model can be given as vectors of the stream; says why.
    """
    pairs = list(zip(now.anatomy().blocks, then.anatomy().blocks, strict=True))
    parts = [p for a, b in pairs for p in ((a.layer, a.heads, b.heads), (a.layer, a.mlp, b.mlp))]
    reasons = [part.reason for _, *both in parts for part in both if isinstance(part, Unsupported)]
    if len(reasons) == 2 * len(parts):
        raise NotApplicableError(
            f"nothing that writes to the stream can be given as its vectors: {reasons[0]}"
        )
    return tuple(_changes(parts))


def _changes(parts: Sequence[tuple[int, object, object]]) -> Iterator[WriteChange]:
    for layer, after, before in parts:
        if isinstance(after, MlpWeights) and isinstance(before, MlpWeights):
            found = _of_neurons(layer, after, before)
        elif isinstance(after, HeadWeights) and isinstance(before, HeadWeights):
            found = _of_heads(layer, after, before)
        else:
            continue
        if found.relative > LEAST_RELATIVE:
            yield found


def _of_neurons(layer: int, after: MlpWeights, before: MlpWeights) -> WriteChange:
    """W_now - W_then; a direction is read by the neurons in the proportion in which they write it more."""
    difference = after.write.double() - before.write.double()
    # Eigenvectors of D'D are D's right singular vectors: directions of the stream that it writes differently.
    energy, directions = _spectrum(difference.T @ difference)
    # How much more each neuron writes along a direction weighs its input weights: what drives that direction.
    reads = (difference @ directions.T).T @ after.read.double()
    relative = float(difference.norm() / after.write.double().norm().clamp_min(1e-300))
    return WriteChange("mlp", layer, after.writes_to, after.site, energy, directions, reads, relative)


def _of_heads(layer: int, after: HeadWeights, before: HeadWeights) -> WriteChange:
    """V_now' O_now - V_then' O_then, heads one above the other; a direction is read by the head that adds most."""
    # The difference of two products as one product of twice the rank: [V1; -V0]' [O1; O0].
    left = torch.cat([after.value, -before.value], 1).double()
    right = torch.cat([after.write, before.write], 1).double()
    energy, directions = _spectrum(_gram(left, right))
    reads = torch.einsum("hrx,hkr->hkx", left, torch.einsum("hrd,kd->hkr", right, directions))
    # Each direction is read by one head: the one that adds most to it.
    loudest = reads.norm(dim=-1).argmax(0)
    whole = _gram(after.value.double(), after.write.double()).trace().clamp_min(1e-300)
    relative, chosen = float((energy.sum() / whole).sqrt()), reads[loudest, torch.arange(len(directions))]
    return WriteChange("attention", layer, after.writes_to, after.site, energy, directions, chosen, relative)


def _gram(left: Float[Tensor, "h r d"], right: Float[Tensor, "h r d"]) -> Float[Tensor, "d d"]:
    """Sum over heads of M'M with M = left' right, without writing M."""
    return (right.mT @ (left @ left.mT) @ right).sum(0)


def _spectrum(gram: Float[Tensor, "d d"]) -> tuple[Float[Tensor, " d"], Float[Tensor, "d d"]]:
    """Eigenvalues, the largest first, and eigenvectors as rows with a sign that only the matrix decides."""
    values, vectors = torch.linalg.eigh(gram)
    rows = vectors.T.flip(0)
    # An eigenvector's sign is arbitrary: the largest entry is made positive, whatever the machine gives.
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    return values.flip(0).clamp_min(0.0), rows * largest.sign()
