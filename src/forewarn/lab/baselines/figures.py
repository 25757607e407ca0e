"""Numbers that are comparable between models: quotients that say when there is nothing to divide by."""

from __future__ import annotations

import math
from typing import Final

from jaxtyping import Float
from torch import Tensor

LEAST_SPREAD: Final = 1e-6
"""Share of the greatest value below which a spread is rounding."""


def quotient(part: float, whole: float) -> float:
    """What the part is of the whole; nan where the whole is 0."""
    return part / whole if whole else math.nan


def movement(difference: float, unit: float) -> float:
    """A difference in some unit; 0 where there is none, whatever the unit, nan where only the unit is 0."""
    return 0.0 if difference == 0 else quotient(difference, unit)


def spread(values: Float[Tensor, " n"]) -> float:
    """Standard deviation (over n); 0 where it is no more than rounding, nan of nothing."""
    if not len(values):
        return math.nan
    found = float(values.std(correction=0))
    return found if found > LEAST_SPREAD * float(values.abs().max()) else 0.0


def mean(values: Float[Tensor, " n"]) -> float:
    """Mean; nan of nothing."""
    return float(values.mean()) if len(values) else math.nan
