from __future__ import annotations

import pytest

from forewarn.helpers import FixedOrder
from forewarn.helpers.learned import Learned
from forewarn.helpers.network import Network, Sizes
from forewarn.helpers.policy import Allowance
from forewarn.lab.game.episode import episode
from forewarn.lab.training.replayed import passes, rules_of, seen_by

HELPERS = [
    FixedOrder(("latent-policy", "knowledge-gap")),
    FixedOrder(("latent-policy", "knowledge-gap"), waits=True),
    Learned(
        Network(
            Sizes(
                (
                    "knowledge-gap",
                    "observer",
                    "latent-policy",
                    "latent-policy/composure",
                    "latent-policy/changed-context",
                ),
                8,
            ),
            seed=2,
        )
    ),
]


@pytest.mark.parametrize("helper", HELPERS)
@pytest.mark.parametrize(("budget", "carry_over"), [(1.0, 6.0), (3.0, 0.0), (float("inf"), 0.0)])
def test_it_sees_what_it_would_have_asked_live(recorded, helper, budget, carry_over):
    runs, rules = [recorded.drawn(f"drawn-{i}", i) for i in range(6)], rules_of(Allowance(budget, carry_over))
    seen = seen_by(helper, runs, rules)
    for run, found in zip(runs, seen, strict=True):
        live = [{a.inquiry.question for a in look.asked} for look in episode(helper, run, rules)]
        assert [set(look.questions) for look in found.looks] == live
    spent = sum(a.inquiry.cost for run in runs for k in episode(helper, run, rules) for a in k.asked)
    assert passes(seen) == pytest.approx(spent / sum(len(run.looks) for run in runs))
