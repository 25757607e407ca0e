"""What a subject keeps between two questions: its claim on its weights, and what it has read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import final

from torch import Tensor

from forewarn.errors import SubjectError
from forewarn.subjects.prompts import FrozenPrompts

Key = tuple[FrozenPrompts, tuple[int, ...], tuple[int, ...]]
"""Prompts, a position in each (none: all positions), stages of the stream."""


@final
class Lease:
    """Whether a subject's weights are still those it was opened with."""

    def __init__(self) -> None:
        self._open = True

    def end(self) -> None:
        """The weights now belong to another snapshot."""
        self._open = False

    def check(self) -> None:
        """Refuse to read from other weights than those the subject is named after.

        Raises:
            SubjectError: they have been replaced.
        """
        if not self._open:
            raise SubjectError(
                "this subject is closed: its opener has opened another snapshot into the same copy. Finish one "
                "look before the next, or use one opener for each."
            )


@final
class Memo:
    """Remembers the residuals of the last few sets of prompts, for one subject and so for one snapshot."""

    def __init__(self, size: int = 8) -> None:
        self._kept: OrderedDict[Key, Tensor] = OrderedDict()
        self._size = size

    def get(self, key: Key) -> Tensor | None:
        """What was read for these prompts and positions, if it is still kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def of(self, key: Key, read: Callable[[], Tensor]) -> Tensor:
        """A copy of what is kept for these prompts and positions; read now where there is nothing yet."""
        found = self.get(key)
        return (self.put(key, read()) if found is None else found).clone()

    def put(self, key: Key, value: Tensor) -> Tensor:
        """Keep a reading; the one that was asked for longest ago is dropped when there are too many."""
        self._kept[key] = value
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return value
