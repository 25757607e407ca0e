from __future__ import annotations

import numpy as np
import pytest

from forewarn.helpers import FixedOrder
from forewarn.lab.contest.entrants.any_helper import AnyHelper
from forewarn.lab.contest.entrants.simple import Ordered
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules

ORDER = ("latent-policy", "latent-policy/composure", "knowledge-gap")


@pytest.mark.parametrize(("waits", "rules"), [(False, Rules(4.0, 6.0)), (True, Rules(3.0, 9.0))])
def test_a_fixed_order_walks_as_it_plays(runs, codes, waits, rules):
    """A twin: the same order as a policy."""
    some = tuple(runs.values())
    train, test = some[:48], some[48:]
    batch, other = RunBatch.of(train, codes), RunBatch.of(test, codes)
    entrants = (
        AnyHelper("walked", rules, FixedOrder(ORDER, waits=waits)),
        Ordered(rules, ORDER, waits),
    )
    walked, rollouts = (each.fit(train, batch, 0).look(test, other) for each in entrants)
    assert np.allclose(walked.chance, rollouts.chance, atol=1e-6)
    assert np.allclose(walked.spent, rollouts.spent, atol=1e-5)
