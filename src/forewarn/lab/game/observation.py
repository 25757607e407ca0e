"""What a helper sees at its turn, for many games at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """n games side by side; columns as in `helpers.encoding`."""

    candidates: Float32[np.ndarray, "n c f"]
    whole: Float32[np.ndarray, "n g"]
    open: Bool[np.ndarray, "n c"]
    """Questions that can be asked now; stopping always can."""
