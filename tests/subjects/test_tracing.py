"""The traced pass and the axes of the trial batch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.subjects.tracing import TrialShape, trace_again, trace_pass


class Doubling(nn.Module):
    """Changes what it was given, as careless layers do."""

    def forward(self, x):
        return x.mul_(2.0)


def test_copies_are_taken_before_anything_is_changed_in_place():
    model = nn.Sequential(nn.Linear(3, 3), Doubling(), Doubling()).requires_grad_(False)
    x = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0))
    calls, output = trace_pass(model, x)
    assert [c.name for c in calls] == ["0", "1", "2", ""]
    assert torch.equal(calls[0].gave, calls[1].given)
    assert torch.equal(calls[1].gave, calls[1].given * 2)
    assert torch.equal(calls[2].gave, output)
    assert calls[3].start < calls[0].start < calls[0].end < calls[3].end
    again = trace_again(calls[1], torch.ones(2, 6, 3))[-1]
    assert float(again.gave.max()) == 2.0
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


GRID = TrialShape(2, 6)


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((2, 6, 3), 1), ((6, 2, 3), 0), ((2, 5, 3), None), ((12, 3), None), ((2, 4, 6, 3), None)],
)
def test_the_time_axis(shape, axis):
    assert GRID.axis(torch.zeros(shape)) == axis


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x,
        lambda x: x.transpose(0, 1),
        lambda x: x[:, -1:],
        lambda x: x.transpose(0, 1)[-1:],
        lambda x: x[:, -1],
        lambda x: x.reshape(12, 3),
    ],
)
def test_the_last_position_of_any_view(view):
    x = torch.arange(36.0).reshape(2, 6, 3)
    assert torch.equal(GRID.tip(view(x)), x[:, -1])


@pytest.mark.parametrize("first", [True, False])
def test_a_nudge_touches_the_first_position_alone(first):
    x = torch.randn(2, 6, 3) if first else torch.randn(6, 2, 3)
    moved = GRID.nudged(x)
    assert torch.equal(GRID.later(moved), GRID.later(x))
    assert (moved != x).sum() == 6
