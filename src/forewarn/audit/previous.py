"""Earlier snapshots of a run, opened beside the present one: the look before, and the last clear look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import final

from torch import Tensor

from forewarn.subjects.opening import Opener
from forewarn.subjects.subject import Subject

Weights = Callable[[], Mapping[str, Tensor]]


@final
class PreviousSnapshot:
    """Mutable: opens one earlier snapshot beside the present one, when a probe asks for it."""

    def __init__(self, opener: Opener) -> None:
        self._opener, self._twin = opener, None
        self._weights: Weights | None = None
        self._digest = ""

    _twin: Opener | None

    @property
    def digest(self) -> str:
        """Of the snapshot that would be opened; empty before there is one."""
        return self._digest

    def is_now(self, digest: str, weights: Weights | None) -> None:
        """Let this snapshot be the earlier one from now on; `weights` reads it, None if it is gone."""
        self._digest, self._weights = digest, weights

    def open(self) -> Subject | None:
        """The earlier snapshot; None where there is none, or it is gone."""
        if self._weights is None:
            return None
        self._twin = self._twin or self._opener.twin()
        return self._twin.open(self._weights(), self._digest)
