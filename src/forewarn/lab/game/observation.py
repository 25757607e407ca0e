"""What a helper sees at its turn and what it answers, for many games at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

Choices = Int64[np.ndarray, " n"]
"""One for each game: the index of a question, or the number of questions to stop."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """n games side by side; columns as in `helpers.encoding`."""

    candidates: Float32[np.ndarray, "n c f"]
    whole: Float32[np.ndarray, "n g"]
    open: Bool[np.ndarray, "n c"]
    """Questions that can be asked now; stopping always can."""
