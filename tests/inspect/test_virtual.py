from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from scipy.stats import spearmanr

from forewarn.errors import ConfigurationError
from forewarn.inspect.virtual import inspect_virtual
from forewarn.inspect.weights import OpenedWeights
from forewarn.lenses.effects import Reader, total_effect
from forewarn.lenses.transports import Jacobian
from forewarn.records import Unit, UnitAndBlock


@pytest.fixture(scope="module")
def weights(opened):
    return OpenedWeights.of(opened, "jacobian")


def test_forwards_the_join_s_readers_are_the_reporters(weights, known):
    found = inspect_virtual(weights, UnitAndBlock(Unit(1, known.join), 2), 12)
    assert found.forward and found.considered == 2 * known.plant.answers + 2
    totals = {link.unit: link.total for link in found.links}
    assert all(totals[unit] == pytest.approx(-2.0, abs=1e-3) for unit in known.true if unit in totals)
    assert all(totals[unit] == pytest.approx(2.0, abs=1e-3) for unit in known.false if unit in totals)
    assert found.agreement == pytest.approx(1.0, abs=0.05)


def test_backwards_a_reporter_s_writers_are_its_lookers_and_the_join(weights, known):
    found = inspect_virtual(weights, UnitAndBlock(Unit(2, known.true[0]), 1), known.plant.entities + 1)
    assert not found.forward
    totals = {link.unit: link.total for link in found.links}
    assert totals[known.join] == pytest.approx(-2.0, abs=1e-3)
    assert totals[0] == pytest.approx(1.0, abs=1e-3) and totals[1] == pytest.approx(0.0, abs=1e-3)


def test_where_nothing_between_depends_on_contexts_nothing_spreads(weights, known):
    """Between block 1 and the MLP of block 2 lies a linear attention, and no norm."""
    found = inspect_virtual(weights, UnitAndBlock(Unit(1, known.join), 2), 3)
    assert found.contexts == len(weights.contexts)
    assert found.map_spread == pytest.approx(0.0, abs=1e-3) and found.scale_spread == 0.0
    assert all(link.spread == pytest.approx(0.0, abs=1e-3) for link in found.links)


def test_without_a_correction_direct_is_total(opened, known):
    found = inspect_virtual(OpenedWeights.of(opened, "identity"), UnitAndBlock(Unit(1, known.join), 2), 4)
    assert all(link.direct == link.total and link.spread == 0.0 for link in found.links)
    assert (found.through, found.map_spread) == ("identity", 0.0)


def test_a_fitted_transport_tells_no_spread(opened, known):
    found = inspect_virtual(OpenedWeights.of(opened, "regression"), UnitAndBlock(Unit(1, known.join), 2), 2)
    assert found.map_spread is None and {link.spread for link in found.links} == {None}


def test_a_block_that_there_is_not_is_refused(weights):
    with pytest.raises(ConfigurationError, match="a block lies in 1 to 2; found 4"):
        inspect_virtual(weights, UnitAndBlock(Unit(1, 0), 4), 3)


def test_on_a_trained_model_the_spread_is_that_of_the_contexts(trained):
    """Each context on its own: the same figure from weights of one context, then their standard deviation."""
    unit, subject = 5, trained.opened.subject
    for place in (UnitAndBlock(Unit(1, unit), 2), UnitAndBlock(Unit(2, unit), 1)):
        found = inspect_virtual(trained, place, 3)
        alone = []
        for prompt in trained.contexts:
            single = replace(trained, total=Jacobian(subject, [prompt]), contexts=(prompt,))
            every = inspect_virtual(single, place, found.considered)
            alone.append({(link.unit, link.part): link.total for link in every.links})
        for link in found.links:
            values = torch.tensor([each[link.unit, link.part] for each in alone])
            assert link.spread == pytest.approx(float(values.std(correction=0)), rel=0.05, abs=1e-5)
        assert found.scale_spread > 0


def test_on_a_trained_model_the_total_figure_foretells_the_total_effect(trained):
    """A small write of one neuron, all else free: rank correlation above 0.9 with what is measured."""
    mlp, subject, unit = trained.anatomy.mlp(1), trained.opened.subject, 5
    found = inspect_virtual(trained, UnitAndBlock(Unit(1, unit), 2), 10_000)
    reader = Reader.neurons(trained.anatomy.mlp(2))
    write = 0.05 * mlp.write[unit : unit + 1]
    (measured,) = total_effect(subject, trained.contexts, mlp.writes_to, write, [reader])
    totals = {link.unit: link.total for link in found.links if link.part == "gate"}
    told = [totals[j] for j in range(len(reader.read))]
    assert spearmanr(told, measured[0].numpy()).statistic > 0.9
