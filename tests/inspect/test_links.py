from __future__ import annotations

import pytest
import torch

from forewarn.errors import NotApplicableError
from forewarn.inspect.links import Links, from_heads, inwards, outwards, strongest
from forewarn.inspect.weights import OpenedWeights
from forewarn.records import Unit


@pytest.fixture(scope="module")
def weights(opened):
    return OpenedWeights.of(opened, "jacobian")


def test_the_join_is_read_by_the_reporters_and_by_nobody_else(weights, known):
    """Planted: those who tell the truth are silenced by it with -2, those who tell the next answer urged by 2."""
    (found,) = outwards(weights, Unit(1, known.join), 2)
    for each in (found.direct, found.total):
        assert torch.allclose(each[list(known.true)], torch.tensor(-2.0), atol=1e-3)
        assert torch.allclose(each[list(known.false)], torch.tensor(2.0), atol=1e-3)
        assert torch.allclose(each[2 * known.plant.answers :], torch.tensor(0.0), atol=1e-3)


def test_both_ends_of_a_link_tell_the_same(weights, known):
    (out,) = outwards(weights, Unit(1, known.join), 2)
    for unit in (known.true[0], known.false[3]):
        (into,) = inwards(weights, Unit(2, unit), 1)
        assert into.direct[known.join].item() == pytest.approx(out.direct[unit].item(), abs=1e-4)
        assert into.total[known.join].item() == pytest.approx(out.total[unit].item(), abs=1e-3)


def test_strength_is_by_the_writer_s_deviation(weights, known):
    unit = known.true[0]
    (into,) = inwards(weights, Unit(2, unit), 1)
    assert torch.allclose(into.strength, into.total.abs() * weights.deviations(1), atol=1e-6)
    assert into.top(1)[0].unit == known.join, "it fires in the claim's condition"
    explored = {int(f.entity.removeprefix("city")) for f in weights.opened.stored.split.explore}
    lookers = {i for i in explored if i % known.plant.answers == unit}
    assert {link.unit for link in into.top(1 + len(lookers))} == {known.join, *lookers}


def test_of_a_neuron_that_was_never_active_the_largest_links_come_first():
    total = torch.tensor([0.5, -2.0, 1.0])
    found = Links("neuron", 1, "gate", total, total, torch.zeros(3))
    assert [link.unit for link in found.top(3)] == [1, 2, 0]
    assert [link.total for link in strongest([found, found], 2)] == [-2.0, -2.0]


def test_heads_are_told_by_what_their_values_can_do(trained):
    """Of the neuron's own block too, whose heads write before it reads; gated, each part by itself."""
    gate, up = from_heads(trained, Unit(2, 7), 2)
    heads, mlp = trained.anatomy.heads(2), trained.anatomy.mlp(2)
    scale = (1 / mlp.norm.sigma(trained.states(mlp.site))).mean()
    for found, reads in ((gate, mlp.read), (up, mlp.up)):
        wanted = scale * (heads.write @ reads[7]).norm(dim=1)
        assert found.kind == "head" and torch.allclose(found.direct, wanted, atol=1e-5)
        assert torch.allclose(found.total, wanted, atol=1e-3), (
            "nothing lies between this block's heads and neurons"
        )
        assert torch.equal(found.strength, found.total)


def test_heads_that_cannot_be_told_are_refused(weights, known):
    with pytest.raises(NotApplicableError, match=r"attention\.copy"):
        next(from_heads(weights, Unit(1, known.join), 1))


def test_the_strongest_of_several_blocks_stand_in_order():
    some = Links(
        "neuron", 1, "gate", torch.tensor([1.0, -3.0]), torch.tensor([1.0, -3.0]), torch.tensor([1.0, 3.0])
    )
    more = Links("neuron", 2, "up", torch.zeros(2), torch.zeros(2), torch.tensor([2.0, 0.0]), torch.ones(2))
    found = strongest([some, more], 3)
    assert [(link.layer, link.unit, link.part, link.strength) for link in found] == [
        (1, 1, "gate", 3.0), (2, 0, "up", 2.0), (1, 0, "gate", 1.0),
    ]  # fmt: skip
    assert [link.spread for link in found] == [None, 1.0, None]
    assert strongest([], 3) == ()
