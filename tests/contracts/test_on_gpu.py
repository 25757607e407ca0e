"""What every probe and follow-up promises where the model is on an accelerator: the answers that the CPU gives."""

from __future__ import annotations

import copy
import random

import numpy as np
import pytest
import torch

from forewarn.audit.look import Examiner
from forewarn.helpers import Exhaustive
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.records import Evidence, Failed

pytestmark = pytest.mark.gpu
DEVICES = ("cpu", "cuda")
PLANTED = ("HONEST", "LIAR", "MUTE", "MISTAKEN", "QUOTER", "OPEN", "WIRED")


@pytest.fixture
def put(planted, wired, everywhere):
    """A planted model by name, on a device."""

    def inputs(name, device):
        if name == "OPEN":
            return planted.inputs(planted.LIAR, everywhere(planted.LIAR), device=device)
        if name == "WIRED":
            return wired.inputs(planted.LIAR, earlier=planted.HONEST, device=device)
        return planted.inputs(getattr(planted, name), device=device)

    return inputs


def looked(inputs):
    """The outcomes of a whole look."""
    examiner = Examiner(catalogue(), Exhaustive(), follow_ups=follow_ups())
    return examiner.examine(inputs, inputs.audit_set.split())


def told(outcomes):
    """What is said, with figures apart."""
    return [(type(o).__name__, o.code, o.site) for o in outcomes]


def figures(outcomes):
    """Everything that was measured."""
    found = [o for o in outcomes if isinstance(o, Evidence)]
    return [x for o in found for x in (o.effect, o.null, o.interval.low, o.interval.high, o.explored)]


def compare(here, there):
    assert not [o for o in there if isinstance(o, Failed)]
    assert told(there) == told(here)
    assert figures(there) == pytest.approx(figures(here), rel=1e-2, abs=1e-3)


@pytest.mark.parametrize("name", PLANTED)
def test_a_look_at_a_planted_model_says_the_same(put, name):
    compare(*(looked(put(name, device)) for device in DEVICES))


def test_a_look_at_a_trained_liar_says_the_same(trained_liar, planted):
    there = copy.deepcopy(trained_liar.model).to("cuda")
    asked = planted.ask_model(there, trained_liar.organism.audit_set, trained_liar.encoder)
    compare(looked(trained_liar.inputs()), looked(asked))


def test_a_look_leaves_every_random_state_alone(put):
    def states():
        return torch.get_rng_state(), torch.cuda.get_rng_state(), random.getstate(), np.random.get_state()[1]

    inputs = put("LIAR", "cuda")
    before = states()
    looked(inputs)
    for one, other in zip(before, states(), strict=True):
        assert np.array_equal(np.asarray(one, dtype=object), np.asarray(other, dtype=object))
