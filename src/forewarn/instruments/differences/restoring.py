"""Putting the stream back to where an earlier snapshot has it, along a few directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.auditset import Answer, Condition, Fact
from forewarn.instruments.differences.writes import WriteChange
from forewarn.instruments.paired import Paired, restored
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.instruments.replies import Replies
from forewarn.records import StreamSite
from forewarn.subjects.edits import Edit
from forewarn.subjects.subject import Subject

LEAST_MOVED = 1e-4
"""Share of the movement along the new directions below which that along others is not lengthened."""


@dataclass(frozen=True, slots=True, eq=False)
class ThenAndNow:
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

    def put_back(self, change: WriteChange) -> Paired:
        """Which facts are answered falsely, and truly once the stream is put back along a change's directions.

        The null is the same along as many other directions.
        """
        free = Replies.asked(self.inputs, [(fact, self.condition) for fact in self.facts])
        back, other = steps_back(self.movement(change.site), change.strongest)
        return restored(
            Answer.FALSE,
            free,
            self._moved(change.site, back, f"put back along the new directions of {change.name}"),
            self._moved(change.site, other, f"put back along as many other directions of {change.name}"),
        )

    def _moved(self, site: StreamSite, delta: Float[Tensor, "f d"], inside: str) -> Replies:
        edit = Edit(site.layer, delta[:, None], site.middle)
        written = self.inputs.replies_with(self.facts, self.condition, [edit])
        return Replies(tuple(self.facts), (self.condition,) * len(self.facts), written, inside)


def steps_back(
    movement: Float[Tensor, "f d"], directions: Float[Tensor, "k d"]
) -> tuple[Float[Tensor, "f d"], Float[Tensor, "f d"]]:
    """What to add so that the k orthonormal directions hold what they held, and the same for comparison.

    The comparison puts as many other directions back, drawn at random among all that are orthogonal to these (the
    other singular directions of the same difference, recombined), and is as long, fact by fact.
    """
    # P projects onto the directions: -P (now - then) brings that part of the state to what it was then.
    back = -along(movement, directions.to(movement))
    other = -along(movement, _others(directions).to(movement))
    long, short = (x.norm(dim=-1, keepdim=True) for x in (back, other))
    # As long as the true step, so that only the direction differs; next to nothing is not blown up to that length.
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
    orthonormal: Tensor = torch.linalg.qr(rest.T).Q.T
    return orthonormal
