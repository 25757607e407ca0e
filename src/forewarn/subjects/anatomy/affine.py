"""The matrix and the constant of a function that is affine, and whether it is."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.subjects.rounding import same

Function = Callable[[Float[Tensor, "n w"]], Float[Tensor, "n v"]]
"""A function that is applied to each row of what it is given."""
_CHUNK = 1024


def is_affine(function: Function, like: Float[Tensor, " w"]) -> bool | None:
    """Whether f(x) + f(y) is f(x + y) + f(0); None where f is constant.

    `like`: a vector whose width, type and device are those of what f takes.
    """
    first = noise(like, 3)
    second = first.flip(0) * -3
    # Of other sizes and signs, so that an absolute value or a threshold does not pass for linear.
    outs = [function(x) for x in (first, second, first + second, torch.zeros_like(first))]
    if all(same(out, outs[3], 1e-9) for out in outs[:3]):
        return None
    return same(outs[0] + outs[1], outs[2] + outs[3], 1e-5)


def measured(
    function: Function, like: Float[Tensor, " w"], weight: Tensor | None
) -> tuple[Float[Tensor, "v w"], Float[Tensor, " v"]]:
    """Copies of an affine function's matrix and constant.

    A weight that explains what it gives is taken as it is, whichever way it lies; otherwise (adapters, several
    matrices in a row) the function is measured on the unit vectors.
    """
    constant, trial = function(torch.zeros_like(like)[None])[0], noise(like, 4)
    gave = function(trial)
    if weight is not None and weight.ndim == 2:
        for matrix in (weight.detach(), weight.detach().T):
            fits = matrix.shape == (len(constant), len(like))
            if fits and same(gave, trial @ matrix.T + constant, 1e-5):
                return matrix.clone(), constant.clone()
    unit = torch.eye(len(like), dtype=like.dtype, device=like.device)
    columns = [function(part) - constant for part in torch.split(unit, _CHUNK)]
    return torch.cat(columns).T.contiguous(), constant.clone()


def noise(like: Float[Tensor, " w"], n: int) -> Float[Tensor, "n w"]:
    """Random vectors, the same ones at every call."""
    return torch.randn(n, len(like), generator=torch.Generator().manual_seed(1)).to(like)
