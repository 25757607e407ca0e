"""Putting the stream back to where an earlier snapshot has it, along a few directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Answer, Condition, Fact
from forewarn.instruments.differences.writes import WriteChange
from forewarn.instruments.paired import Paired
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.records import StreamSite
from forewarn.subjects.edits import Edit
from forewarn.subjects.subject import Subject

LEAST_MOVED = 1e-4
"""Share of the movement along the new directions below which that along others is not lengthened."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Some facts asked under one condition, now and of the earlier snapshot."""

    inputs: ProbeInputs
    then: Subject
    """The earlier snapshot."""
    facts: Sequence[Fact]
    condition: Condition

    def movement(self, site: StreamSite) -> Float[Tensor, "f d"]:
        """How far each fact's state at the answer's position has come since the earlier snapshot."""
        prompts = [p.ids for p in self.inputs.prompts(self.facts, self.condition)]
        after, before = (s.residuals(prompts, sites=[site])[0] for s in (self.inputs.subject, self.then))
        return after - before

    def measured(self, change: WriteChange) -> Paired:
        """Which facts are reported falsely, and truly once the stream is put back along a change's directions."""
        false = self.inputs.answers(self.facts, self.condition)
        after = [
            self._asked(change, delta) for delta in put_back(self.movement(change.site), change.strongest)
        ]
        shown, null = (
            tuple(was is Answer.FALSE and now is Answer.TRUE for was, now in zip(false, row, strict=True))
            for row in after
        )
        return Paired(shown, null)

    def _asked(self, change: WriteChange, delta: Float[Tensor, "f d"]) -> tuple[Answer, ...]:
        edit = Edit(change.site.layer, delta[:, None], change.site.middle)
        return self.inputs.answers(self.facts, self.condition, [edit])


def put_back(
    movement: Float[Tensor, "f d"], directions: Float[Tensor, "k d"]
) -> tuple[Float[Tensor, "f d"], Float[Tensor, "f d"]]:
    """What to add so that the k orthonormal directions hold what they held, and the same for comparison.

    The comparison puts as many other directions back, drawn at random among all that are orthogonal to these (the
    other singular directions of the same difference, recombined), and is as long, fact by fact.
    """
    back = -along(movement, directions.to(movement))
    other = -along(movement, _others(directions).to(movement))
    long, short = (x.norm(dim=-1, keepdim=True) for x in (back, other))
    scale = torch.where(short > LEAST_MOVED * long, long / short.clamp_min(1e-30), 0.0)
    return back, other * scale


def along(movement: Float[Tensor, "f d"], directions: Float[Tensor, "k d"]) -> Float[Tensor, "f d"]:
    """The part of each movement that lies in the span of orthonormal directions."""
    return movement @ directions.T @ directions


def _others(directions: Float[Tensor, "k d"]) -> Float[Tensor, "k d"]:
    """Random orthonormal directions, orthogonal to the given ones; fewer where there is no room for as many."""
    k, d = directions.shape
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(min(k, d - k), d, generator=generator, dtype=torch.float64)
    rest = noise - along(noise, directions.double())
    drawn: Tensor = torch.linalg.qr(rest.T).Q.T
    return drawn
