"""A cue's direction at every position where it can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch

from forewarn.auditset import Fact
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.steering.rows import Rows, by_length, redrawn
from forewarn.instruments.steering.swaps import Swap
from forewarn.records import Site, StreamSite
from forewarn.subjects.edits import Edit


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """What to add at a layer: to each part of the context and to the question."""

    swap: Swap
    layer: int
    rows: Rows

    def edits(self, inputs: ProbeInputs, facts: Sequence[Fact]) -> Iterator[tuple[Edit, list[Fact]]]:
        """An edit for each length of prompt, and the facts it is for."""
        base = self.swap.base.parts
        for group in by_length(inputs, facts, base):
            yield Edit(self.layer, self.rows.at(group[0][1], base)), [fact for fact, _ in group]


def translation(inputs: ProbeInputs, site: Site, swap: Swap, facts: Sequence[Fact]) -> Translation:
    """Mean difference between the swap's two contexts over facts, position by position."""
    at, contexts = StreamSite(site.layer), (swap.away, swap.towards)
    away, towards = (Rows.means(inputs, at, facts, c.parts) for c in contexts)
    return Translation(swap, site.layer, towards.minus(away))


def random_like(move: Translation) -> Translation:
    """At each position a random direction of the same length, drawn by a generator of its own."""
    generator = torch.Generator().manual_seed(0)
    return replace(move, rows=move.rows.each(partial(redrawn, generator=generator)))
