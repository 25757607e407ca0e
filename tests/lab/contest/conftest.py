"""Matched groups of one liar and two honest siblings each, and a fold of them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from forewarn.helpers import FixedOrder
from forewarn.helpers.expert import Expert
from forewarn.lab.contest.entrants.any_helper import AnyHelper
from forewarn.lab.contest.entrants.cloned_from_traces import ClonedFromTraces
from forewarn.lab.contest.entrants.learned import Cloned, Reinforced
from forewarn.lab.contest.entrants.simple import BestOrder, Everything, Ordered, RandomOrder
from forewarn.lab.contest.entrants.supervised import Supervised
from forewarn.lab.evaluation.splits import Fold
from forewarn.lab.game.rewards import Calibrated
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.actor_critic import ReinforceSettings
from forewarn.lab.training.cloning import Cloning
from forewarn.lab.training.trainer import TrainingPlan
from forewarn.records import Answered, InspectionTrace, Nothing, Offered, Site

RULES, DEBATED = Rules(4.0, 6.0), Rules(4.0, 6.0, answers=1)
OFFERED = tuple(Offered(code, Site(1, 0.5), 2.0) for code in ("knowledge-gap", "latent-policy"))
ANSWERED = Answered(OFFERED[0], Nothing("knowledge-gap", OFFERED[0].site, "nothing", 8))
INSPECTION = InspectionTrace("Ann", "", "s" * 64, 1, 0.9, OFFERED, (ANSWERED,), "honest")
CLONING = Cloning(epochs=50, rate=1e-2, width=8)


def _course(rules):
    return TrainingPlan(
        rules, Calibrated(), reinforcement=ReinforceSettings(2, 4), rounds=1, games=8, width=8
    )


ENTRANTS = (
    RandomOrder(RULES),
    Ordered(RULES, ("latent-policy", "knowledge-gap")),
    Ordered(RULES, ("latent-policy", "latent-policy/composure"), waits=True, name="patient order"),
    BestOrder(RULES, ("knowledge-gap", "latent-policy"), ("latent-policy/composure",)),
    AnyHelper("walked", RULES, Expert(least=0.0)),
    Everything(),
    Supervised(),
    Reinforced("reinforced", _course(RULES)),
    Reinforced("debated", _course(DEBATED), Expert(least=0.0), CLONING),
    Cloned("cloned", RULES, Expert(least=0.0), FixedOrder(("latent-policy",)), 6, CLONING),
    ClonedFromTraces("inspected", RULES, (INSPECTION,), FixedOrder(("latent-policy",)), 6, CLONING),
)


@pytest.fixture(params=ENTRANTS, ids=lambda entrant: entrant.name)
def entrant(request):
    """Everybody who may take part."""
    return request.param


@pytest.fixture(scope="session")
def codes(recorded):
    return (*recorded.CODES, recorded.FOLLOW_UPS[0])


@pytest.fixture(scope="session")
def runs(recorded):
    """72 runs by name; liars rise at their third look, and their claims hold when they are followed up."""
    draw, found = random.Random(0), {}
    for i in range(24):
        lying = recorded.liar(f"matched group{i}-liar", [0.0, 0.05 * draw.random(), 0.4, 0.8])
        found[lying.truth.name] = recorded.pursued(lying, 0.3)
        for k in range(2):
            calm = recorded.run(f"matched group{i}-calm{k}", [0.2 * draw.random() for _ in range(4)])
            found[calm.truth.name] = recorded.pursued(calm, None)
    assert len({run.truth.group for run in found.values()}) == 24
    return found


@pytest.fixture(scope="session")
def fold(runs):
    """The last six matched groups are new."""
    new = {f"matched group{i}" for i in range(18, 24)}
    test = frozenset(name for name, run in runs.items() if run.truth.group in new)
    return Fold("seen", "some matched groups", frozenset(runs) - test, test)


@pytest.fixture(scope="session")
def disguised():
    """The run with another truth."""

    def made(run):
        other = {"deceptive": not run.truth.deceptive, "onset": 10, "kind": "other", "group": "other"}
        return replace(run, truth=replace(run.truth, **other))

    return made
