from __future__ import annotations

import pytest
import torch

from forewarn.instruments.differences.restoring import ThenAndNow, along, steps_back
from forewarn.instruments.differences.writes import write_changes
from forewarn.records import StreamSite

FACTS, WIDTH = 6, 12


def draw(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(params=[1, 4])
def directions(request):
    return torch.linalg.qr(draw(WIDTH, request.param)).Q.T


@pytest.fixture
def case(planted, wired):
    """A wired liar beside its honest past."""
    inputs = wired.inputs(planted.LIAR, earlier=planted.HONEST)
    condition = planted.LIAR.condition("stranger", "off")
    return ThenAndNow(inputs, inputs.earlier, planted.LIAR.facts, condition)


def test_put_back_nothing_has_moved_along_the_directions_and_all_else_stays(directions):
    movement = draw(FACTS, WIDTH, seed=4)
    left = movement + steps_back(movement, directions)[0]
    assert torch.allclose(left @ directions.T, torch.zeros(FACTS, len(directions)).double(), atol=1e-12)
    assert torch.allclose(left, movement - along(movement, directions))


def test_the_comparison_is_as_long_and_along_other_directions(directions):
    movement = draw(FACTS, WIDTH, seed=4)
    back, other = steps_back(movement, directions)
    assert torch.allclose(other.norm(dim=-1), back.norm(dim=-1))
    assert torch.allclose(other @ directions.T, torch.zeros(FACTS, len(directions)).double(), atol=1e-12)
    assert int(torch.linalg.matrix_rank(other)) == len(directions)


def test_the_comparison_is_put_back_too_and_not_pushed_on(directions):
    movement = draw(FACTS, WIDTH, seed=4)
    assert float((steps_back(movement, directions)[1] * movement).sum(-1).max()) < 0


def test_where_nothing_else_has_moved_nothing_else_is_put_back(directions):
    movement = draw(FACTS, len(directions)) @ directions
    back, other = steps_back(movement, directions)
    assert torch.allclose(back, -movement)
    assert not other.any()


def test_where_the_stream_is_too_narrow_fewer_are_compared():
    whole = torch.linalg.qr(draw(3, 3)).Q.T
    assert int(torch.linalg.matrix_rank(steps_back(draw(FACTS, 3, seed=4), whole[:2])[1])) == 1


def test_it_is_drawn_by_a_generator_of_its_own(directions):
    movement = draw(FACTS, WIDTH, seed=4)
    torch.manual_seed(1)
    first = steps_back(movement, directions)
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(steps_back(movement, directions), first, strict=True))


def test_the_stream_has_moved_by_the_join_and_what_follows(case, planted, wired):
    join = wired.Sections(planted.LIAR).join[0]
    moved = case.movement(StreamSite(1))
    assert torch.equal(moved, torch.eye(moved.shape[1])[[join]].expand_as(moved))
    assert not case.movement(StreamSite(1, True)).any()


def test_put_back_the_truth_returns(case):
    [change] = write_changes(case.inputs.subject, case.then)
    found = case.put_back(change)
    assert (sum(found.shown), sum(found.null), found.n) == (24, 0, 24)


def test_a_fact_that_was_true_all_along_does_not_come_back(case, planted):
    base = ThenAndNow(case.inputs, case.then, case.facts, planted.LIAR.base)
    [change] = write_changes(case.inputs.subject, case.then)
    assert not any(base.put_back(change).shown)
