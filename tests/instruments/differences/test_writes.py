from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.errors import NotApplicableError
from forewarn.instruments.differences.writes import (
    LEAST_RELATIVE,
    N_DIRECTIONS,
    WriteChange,
    _of_heads,
    _of_neurons,
    write_changes,
)
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import HeadWeights, MlpWeights, NormWeights

WIDTH, N, HEADS, RANK = 10, 24, 3, 4


@pytest.fixture
def draw():
    generator = torch.Generator().manual_seed(11)
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


def mlp(draw):
    site, norm = StreamSite(1, True), NormWeights.absent(draw(WIDTH))
    return MlpWeights(site, norm, draw(N, WIDTH), draw(N), None, draw(N, WIDTH), StreamSite(1))


def heads(draw):
    value, write, norm = draw(HEADS, RANK, WIDTH), draw(HEADS, RANK, WIDTH), NormWeights.absent(draw(WIDTH))
    return HeadWeights(StreamSite(0), norm, None, None, value, write, StreamSite(1, True))


def change(energy, width=64):
    directions = torch.eye(width, dtype=torch.float64)
    values = torch.tensor([*energy, *[0.0] * (width - len(energy))], dtype=torch.float64)
    return WriteChange("mlp", 2, StreamSite(2), StreamSite(2, True), values, directions, directions, 0.5)


def test_neurons_differ_by_the_singular_directions_of_their_matrices(draw):
    """Slow twin: the decomposition of the difference itself; a direction is fixed but for its sign."""
    after, before = mlp(draw), mlp(draw)
    found, difference = _of_neurons(3, after, before), after.write - before.write
    left, strengths, right = torch.linalg.svd(difference, full_matrices=False)
    assert (found.name, found.site, found.reads_at) == ("mlp3", after.writes_to, after.site)
    assert torch.allclose(found.energy, strengths.square())
    signs = (found.directions * right).sum(-1)
    assert torch.allclose(signs.abs(), torch.ones(WIDTH).double())
    expected = signs[:, None] * strengths[:, None] * (left.T @ after.read)
    assert torch.allclose(found.reads, expected)
    assert found.relative == pytest.approx(float(difference.norm() / after.write.norm()))


def test_heads_differ_by_what_they_carry_over_and_not_by_its_factors(draw):
    """Slow twin: every head's map written out."""
    after, before = heads(draw), heads(draw)
    found = _of_heads(2, after, before)
    maps = [a.value.mT @ a.write for a in (after, before)]
    _, strengths, right = torch.linalg.svd((maps[0] - maps[1]).reshape(-1, WIDTH), full_matrices=False)
    assert found.name == "attention2"
    assert torch.allclose(found.energy, strengths.square())
    assert torch.allclose((found.directions * right).sum(-1).abs(), torch.ones(WIDTH).double())
    assert found.relative == pytest.approx(float((maps[0] - maps[1]).norm() / maps[0].norm()))
    for direction, read in zip(found.directions, found.reads, strict=True):
        each = [(a - b) @ direction for a, b in zip(*maps, strict=True)]
        assert torch.allclose(read, max(each, key=torch.Tensor.norm))


def test_another_basis_inside_a_head_is_no_change(draw):
    """Gauge: value and output turned against each other carry the same over."""
    after = heads(draw)
    turn = draw(HEADS, RANK, RANK)
    same = replace(after, value=torch.linalg.inv(turn).mT @ after.value, write=turn @ after.write)
    assert _of_heads(1, same, after).relative < LEAST_RELATIVE < _of_heads(1, heads(draw), after).relative


@pytest.mark.parametrize(("energy", "rank"), [([7.0], 1.0), ([2.0] * 5, 5.0), ([1.0] * 64, 64.0)])
def test_effective_ranks_have_their_limits(energy, rank):
    assert change(energy).effective_rank == pytest.approx(rank)


@pytest.mark.parametrize(
    ("energy", "width", "k", "share"),
    [
        ([4.0, 3.0, 2.0, 1.0, 0.0], 64, 4, 1.0),
        ([5.0, 2.0, 1.0, 1.0, 1.0], 64, N_DIRECTIONS, 0.9),
        ([5.0, 2.0, 1.0], 16, 2, 0.875),
        ([5.0, 5.0], 7, 1, 0.5),
        ([5.0, 1e-12], 64, 1, 1.0),
    ],
)
def test_the_strongest_directions_are_few_and_hold_energy(energy, width, k, share):
    found = change(energy, width)
    assert found.strongest.shape == (k, width)
    assert found.share == pytest.approx(share)


def test_of_a_new_join_only_its_writing_differs(planted, wired):
    audit_set = planted.LIAR.audit_set()
    now, then = (wired.subject(plant, audit_set) for plant in (planted.LIAR, planted.HONEST))
    [found] = write_changes(now, then)
    join = wired.Sections(planted.LIAR).join[0]
    assert (found.name, found.site) == ("mlp1", StreamSite(1))
    assert torch.equal(found.strongest, torch.eye(now.width, dtype=torch.float64)[[join]])
    assert found.effective_rank == pytest.approx(1.0)


def test_of_a_snapshot_and_itself_nothing_differs(trained_liar):
    """With heads and neurons; what is left of equal heads is rounding."""
    subject = trained_liar.inputs().subject
    assert write_changes(subject, subject) == ()


def test_where_nothing_can_be_read_there_is_a_reason(planted):
    subject = planted.inputs(planted.LIAR).subject
    with pytest.raises(
        NotApplicableError, match="nothing that writes to the stream can be given as its vectors: "
    ):
        write_changes(subject, subject)
