"""Taking a condition's direction out of a model's states, position by position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Fact, Prompt
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.search.turning import Contrast
from forewarn.instruments.steering.by_position import ByPosition, by_length, redrawn, states_at
from forewarn.records import StreamSite
from forewarn.subjects.edits import Edit

TINY = 0.000001
"""Length of a mean difference below which it is no direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Levelling:
    """At each position the direction in which a condition moves states from those of a base."""

    contrast: Contrast
    site: StreamSite
    directions: ByPosition
    """Of unit length, or zero where the two do not differ or cannot be compared."""
    base: ByPosition
    """Mean states in the base."""

    @staticmethod
    def of(inputs: ProbeInputs, site: StreamSite, facts: Sequence[Fact], contrast: Contrast) -> Levelling:
        """From the mean states of some facts."""
        base, moved = (ByPosition.means(inputs, site, facts, c) for c in (contrast.base, contrast.condition))
        return Levelling(contrast, site, moved.minus(base).each(_unit), base)

    def edits(self, inputs: ProbeInputs, facts: Sequence[Fact]) -> Iterator[tuple[list[Fact], Edit, Edit]]:
        """Facts of one length; what takes the directions out; and pushes as far along random ones.

        Each state's component along the direction is brought to what the base has there on average. What is added
        at the last position is added at every position that is written, too.
        """
        for group in by_length(inputs, facts, self.contrast.condition):
            directions = self.directions.at(group[0][1], self.contrast.condition)
            # Both edits move each state as far; they differ in the direction alone.
            far = self._distance(inputs, [prompt for _, prompt in group], directions)
            others = redrawn(directions, torch.Generator().manual_seed(0))
            out, push = (self._along(far[..., None] * rows) for rows in (directions, others))
            yield [fact for fact, _ in group], out, push

    def _along(self, delta: Float[Tensor, "n t d"]) -> Edit:
        return Edit(self.site.layer, delta, middle=self.site.middle)

    def _distance(
        self, inputs: ProbeInputs, prompts: Sequence[Prompt], directions: Float[Tensor, "t d"]
    ) -> Float[Tensor, "n t"]:
        """From each state to the base's level, along the directions."""
        states = torch.stack(states_at(inputs, self.site, prompts))
        level = self.base.at(prompts[0], self.contrast.condition)
        return ((level - states) * directions).sum(-1)


def _unit(rows: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    length = rows.norm(dim=-1, keepdim=True)
    return torch.where(length > TINY, rows / length.clamp(min=TINY), 0.0)
