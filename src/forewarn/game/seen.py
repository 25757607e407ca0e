"""What a helper sees at its turn, for many games at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """n games side by side; columns as in `helpers.encoding`."""

    candidates: Float[NDArray[np.float32], "n c f"]
    whole: Float[NDArray[np.float32], "n g"]
    open: Bool[NDArray[np.bool_], "n c"]
    """Questions that can be asked now; stopping always can."""
