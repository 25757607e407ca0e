"""The look before: what a run was like when it was last looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import final

from torch import Tensor

from forewarn.subjects.opening import Opener
from forewarn.subjects.subject import Subject

Weights = Callable[[], Mapping[str, Tensor]]


@final
class PreviousSnapshot:
    """Mutable: opens the snapshot of the look before beside the present one, when a probe asks for it."""

    def __init__(self, opener: Opener) -> None:
        self._opener, self._twin = opener, None
        self._weights: Weights | None = None
        self._digest = ""

    _twin: Opener | None

    def is_now(self, digest: str, weights: Weights | None) -> None:
        """The look is over: its snapshot is the one before from now on; `weights` reads it, None if it is gone."""
        self._digest, self._weights = digest, weights

    def open(self) -> Subject | None:
        """The snapshot of the look before; None at the first look."""
        if self._weights is None:
            return None
        self._twin = self._twin or self._opener.twin()
        return self._twin.open(self._weights(), self._digest)
