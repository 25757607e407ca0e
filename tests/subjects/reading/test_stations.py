"""The hooks of one pass."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.subjects.calling import hooks
from forewarn.subjects.clamps import BatchClamp
from forewarn.subjects.opening import open_subject
from forewarn.subjects.reading.stations import Stations

IDS = torch.tensor([[1, 2, 3], [4, 5, 6]])


@pytest.fixture(scope="module", params=[True, False])
def stations(request, own, prompts):
    """Batch first, and time first."""
    subject = open_subject(own.seeded(own.Encoder, batch_first=request.param), None, prompts)
    return Stations(subject._found)


@torch.no_grad()
def test_every_whole_site_and_the_middles_asked_for_pass_by_in_order(stations):
    seen = []

    def visit(stage, x):
        seen.append((stage, tuple(x.shape)))
        return x

    with hooks(stations.handles(visit, [1, 3])):
        stations.found.module(IDS)
    assert seen == [(stage, (2, 3, 16)) for stage in range(5)]


@torch.no_grad()
@pytest.mark.parametrize("changed", [1, 2])
def test_what_a_visit_returns_goes_on(stations, changed):
    before, after = {}, {}
    for kept, step in ((before, 0.0), (after, 1.0)):

        def visit(stage, x, kept=kept, step=step):
            kept[stage] = x + step if stage == changed else x
            return kept[stage]

        with hooks(stations.handles(visit, [1])):
            stations.found.module(IDS)
    assert torch.equal(before[0], after[0])
    torch.testing.assert_close(after[changed] - before[changed], torch.ones(2, 3, 16))
    assert (after[4] - before[4]).abs().amax(-1).min() > 0.1


@torch.no_grad()
def test_activations_are_heard_and_held(stations):
    name, heard = "encoder.layers.1.linear2", []
    held = BatchClamp(name, [2], torch.tensor([[7.0], [8.0]]), 1)
    handles = [*stations.holding([held], 2), stations.listening(name, 2, heard.append)]
    with hooks(handles):
        stations.found.module(IDS)
    assert heard[0].shape == (2, 3, 32)
    assert heard[0][:, 1:, 2].tolist() == [[7.0, 7.0], [8.0, 8.0]]
    assert not (heard[0][:, 0, 2] == torch.tensor([7.0, 8.0])).any()


def test_a_parallel_block_has_no_middle_to_hook(own, prompts):
    subject = open_subject(own.seeded(own.GPT, order="post"), None, prompts)
    stations = Stations(subject._found)
    with pytest.raises(SubjectError, match="the stream cannot be read at 1a"):
        list(stations.handles(lambda stage, x: x, [1]))
