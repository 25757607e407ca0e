from __future__ import annotations

import pytest
import torch

from forewarn.errors import NotApplicableError
from forewarn.instruments.paths.changes import activations, changes, neurons_of
from forewarn.instruments.search.turning import Contrast


@pytest.fixture
def liar(planted, wired):
    return wired.inputs(planted.LIAR)


def contrast(plant):
    return Contrast(plant.base, plant.condition("stranger", "off"))


def test_the_join_s_change_is_seen_and_no_other_of_its_block(liar, planted):
    first, second = changes(liar, planted.LIAR.facts, contrast(planted.LIAR))
    assert [b.layer for b in (first, second)] == [1, 2]
    assert (first.change[:, -1] == 1.0).all()
    assert not first.change[:, :-1].any()
    assert float(second.change.abs().sum()) == 2 * len(planted.LIAR.facts)


def test_sizes_are_lengths_written(liar, planted):
    """Slow twin: fact by fact, neuron by neuron."""
    for block in changes(liar, planted.LIAR.facts, contrast(planted.LIAR)):
        for j in range(block.mlp.n):
            lengths = [float((c * block.mlp.write[j]).norm()) for c in block.change[:, j]]
            assert float(block.size[j]) == pytest.approx(sum(lengths) / len(lengths))


def test_what_is_read_gives_the_activations(liar, planted):
    for block in changes(liar, planted.LIAR.facts, contrast(planted.LIAR)):
        assert torch.allclose(torch.relu(block.mlp.pre(block.read_after)), block.after, atol=1e-5)
        assert torch.allclose(torch.relu(block.mlp.pre(block.read_before)), block.before, atol=1e-5)


def test_activations_are_read_once_in_a_look(liar, planted):
    facts, base = planted.LIAR.facts[:3], planted.LIAR.base
    first = activations(liar, facts, base, 1)
    before = liar.subject.forwards
    assert torch.equal(activations(liar, facts, base, 1), first)
    assert liar.subject.forwards == before
    assert not torch.equal(activations(liar, planted.LIAR.facts[3:6], base, 1), first)


def test_without_neurons_there_is_a_reason(planted):
    with pytest.raises(
        NotApplicableError, match=r"no block's neurons can be given as vectors of the stream: .+"
    ):
        neurons_of(planted.inputs(planted.LIAR).subject)
