"""A place in the residual stream, without a token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering


@total_ordering
@dataclass(frozen=True, slots=True)
class StreamSite:
    """Where the residual stream is read: after the embedding, after an attention, or after a block.

    Written `0` after the embedding, `3` after block 3, `3a` after the attention of block 3. In a parallel block
    there is nothing between attention and MLP, and so no middle site.
    """

    layer: int
    """0 is the embedding's output (the input of the first block), k the output of block k."""
    middle: bool = False
    """Whether it is read after the attention of block `layer`, before its MLP has written."""

    def __post_init__(self) -> None:
        if self.layer < 0 or (self.middle and self.layer == 0):
            raise ValueError(f"a site of the stream has layer >= 0, a middle one >= 1; found {self.layer}")

    @property
    def stage(self) -> int:
        """Its place in the order of the stream: 2k after block k, one less before its MLP."""
        return 2 * self.layer - self.middle

    @staticmethod
    def at(stage: int) -> StreamSite:
        """The site of a stage."""
        return StreamSite((stage + 1) // 2, stage % 2 == 1)

    @staticmethod
    def parse(text: str) -> StreamSite:
        """What `str` wrote; ValueError for anything else."""
        found = re.fullmatch(r"(\d+)(a?)", text)
        if not found:
            raise ValueError(f"a site of the stream is written 0, 3 or 3a; found {text!r}")
        return StreamSite(int(found[1]), bool(found[2]))

    def __lt__(self, other: StreamSite) -> bool:
        return self.stage < other.stage

    def __str__(self) -> str:
        return f"{self.layer}{'a' if self.middle else ''}"
