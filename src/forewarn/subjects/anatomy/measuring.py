"""A norm measured from what it does to chosen vectors, whether it is a module or a bare function."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.subjects.anatomy.norms import NormKind, NormWeights
from forewarn.subjects.rounding import plain, same

NormInput = Callable[[Float[Tensor, "n d"]], Float[Tensor, "n d"]]
"""What a matrix is given, as a function of the stream."""
_LARGE = 1e3
_SMALL = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)


def measure_norm(reader: NormInput, n: int, like: Float[Tensor, " d"]) -> NormWeights | None:
    """The norm that a reader applies to the stream, from three calls of it on `n` vectors each.

    Large vectors and their negatives give gain and shift, ever smaller ones the eps, random ones the check.
    None where it is neither the identity times a gain, nor a root-mean-square norm, nor a layer norm.
    """
    generator = torch.Generator().manual_seed(2)
    signs = torch.randn((n, len(like)), generator=generator).sign().to(like)
    trial = torch.randn((n, len(like)), generator=generator).to(like)
    trial = (trial + 0.5) * torch.logspace(-4, 1, n)[:, None].to(like)
    plus, minus = (reader(signs * s) for s in (_LARGE, -_LARGE))
    small = reader(signs * _sizes(n).to(like)[:, None])
    wanted = reader(trial)
    if not all(bool(x.isfinite().all()) for x in (plus, minus, small, wanted)):
        return None
    for kind in ("none", "rms", "layer"):
        norm = _fitted(kind, signs, plus, minus, small)
        if all(same(norm(t[None]), w[None], 2e-4) for t, w in zip(trial, wanted, strict=True)):
            return norm
    return None


def _sizes(n: int) -> Float[Tensor, " n"]:
    return torch.tensor([_SMALL[k % len(_SMALL)] for k in range(n)])


def _fitted(kind: NormKind, signs: Tensor, plus: Tensor, minus: Tensor, small: Tensor) -> NormWeights:
    unit = NormWeights(kind, torch.ones_like(signs[0]), 0.0)(signs)
    size = _LARGE if kind == "none" else 1.0
    # But for its shift a norm is odd, and at this size its eps does not count.
    odd, shift = (plus - minus) / 2, ((plus + minus) / 2).mean(0)
    gain = (odd * unit).mean(0) / unit.square().mean(0) / size
    moved = bool(shift.abs().max() > 1e-6 * odd.abs().max().clamp_min(1e-6))
    found = NormWeights(kind, gain, 0.0, shift if moved else None)
    return NormWeights(kind, gain, _eps(found, signs, small), found.shift)


def _eps(norm: NormWeights, signs: Tensor, small: Tensor) -> float:
    """From the vector that the eps shrinks to about half: with variance v it is v * (1 / ratio^2 - 1)."""
    if norm.kind == "none":
        return 0.0
    sizes = _sizes(len(signs)).to(signs)
    full = norm(signs) - (0.0 if norm.shift is None else norm.shift)
    given = small - (0.0 if norm.shift is None else norm.shift)
    ratios = ((given * full).sum(-1) / full.square().sum(-1).clamp_min(1e-30)).double()
    best = int((ratios - 0.5).abs().argmin())
    if not 1e-2 < float(ratios[best]) < 0.999:
        return 0.0
    variance = norm.sigma(signs[best]).double().square() * sizes[best].double().square()
    return plain(float(variance * (1 / ratios[best].square() - 1)), 2, 1e-3)
