from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch

from forewarn.helpers import FixedOrder, Situation
from forewarn.lab.contest.entrants.learned import Cloned, Reinforced
from forewarn.lab.game.batch_policies import NetworkPolicy, OrderPolicy
from forewarn.lab.game.debate import BestAnswer
from forewarn.lab.game.rewards import Calibrated
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.actor_critic import ReinforceSettings
from forewarn.lab.training.cloning import Cloning
from forewarn.lab.training.judge_fit import fit_judge, probabilities
from forewarn.lab.training.trainer import Trainer, TrainingPlan

RULES = Rules(4.0, 6.0)
CLONING = Cloning(epochs=60, rate=1e-2, width=8)
COURSE = TrainingPlan(
    RULES, Calibrated(), reinforcement=ReinforceSettings(3, 4), rounds=1, games=8, width=8, every=1
)
ORDER = FixedOrder(("latent-policy", "latent-policy/composure"))


@dataclass(frozen=True)
class Watched:
    """A teacher that notes where it was watched."""

    teacher: FixedOrder = ORDER
    seen: list = field(default_factory=list)
    name: str = "watched"

    def next(self, situation: Situation):
        self.seen.append(situation)
        return self.teacher.next(situation)


@pytest.fixture(scope="module")
def train(runs, fold):
    return tuple(runs[name] for name in sorted(fold.train))[:24]


@pytest.fixture(scope="module")
def batch(train, codes):
    return RunBatch.of(train, codes)


@pytest.fixture(scope="module")
def other(runs, fold, codes):
    """The test side, as runs and as a board."""
    test = tuple(runs[name] for name in sorted(fold.test))
    return test, RunBatch.of(test, codes)


def weights(fitted):
    return torch.cat([value.flatten() for value in fitted.policy.network.state_dict().values()])


def cloned(train, batch, teacher, looks, seed=0, **changes):
    entrant = Cloned(
        "cloned", RULES, teacher, FixedOrder(("knowledge-gap",)), looks, replace(CLONING, **changes)
    )
    return entrant.fit(train, batch, seed)


def test_a_clone_of_many_looks_asks_as_its_teacher_and_is_judged_by_what_it_asks(train, batch, codes, other):
    fitted = cloned(train, batch, ORDER, looks=96, prior=1.0)
    seen, taught = fitted.look(*other), rollouts(other[1], RULES, OrderPolicy(codes, ORDER.order))
    assert np.array_equal(seen.spent, taught.spent)
    judge = fit_judge(batch, rollouts(batch, RULES, fitted.policy))
    assert np.array_equal(seen.chance, probabilities(judge, other[1], taught))


def test_a_clone_of_no_looks_asks_as_its_prior(train, batch, codes, other):
    seen = cloned(train, batch, ORDER, looks=0).look(*other)
    assert np.array_equal(seen.spent, rollouts(other[1], RULES, OrderPolicy(codes, ("knowledge-gap",))).spent)


@pytest.mark.parametrize("looks", [1, 5, 96, 1000])
def test_as_many_looks_are_watched_as_were_asked_for(train, batch, monkeypatch, looks):
    shown = watched(monkeypatch)
    cloned(train, batch, ORDER, looks)
    assert sum(each.inquiry is None for each in shown[0]) == min(looks, 96)


def watched(monkeypatch):
    """What is cloned, by call: the choices shown."""
    calls, clone = [], Cloned.fit.__globals__["clone"]

    def noted(shown, prior, codes, plan):
        calls.append(list(shown))
        return clone(shown, prior, codes, replace(plan, epochs=1))

    monkeypatch.setitem(Cloned.fit.__globals__, "clone", noted)
    return calls


def test_early_and_late_looks_are_watched_and_another_seed_watches_others(train, batch, monkeypatch):
    """Whatever their number: 96 looks are four each of 24 runs."""
    calls = watched(monkeypatch)
    for seed in (0, 0, *range(1, 9)):
        cloned(train, batch, ORDER, 8, seed)
    first, again, *others = calls
    assert first == again not in others
    index = [each.situation.history.looks for shown in calls[1:] for each in shown if each.inquiry is None]
    assert len(index) == 9 * 8
    # 18 are expected of each; four standard deviations of a binomial are 15.
    assert all(3 <= index.count(k) <= 33 for k in range(4))


def test_reinforcement_gives_what_its_pupil_became(train, batch, other):
    seed = 5
    fitted = Reinforced("reinforced", COURSE).fit(train, batch, seed)
    pupil = Trainer(batch, replace(COURSE, reinforcement=replace(COURSE.reinforcement, seed=seed)))
    list(pupil.learn())
    found = pupil.result
    assert torch.equal(weights(fitted), torch.cat([v.flatten() for v in found.network.state_dict().values()]))
    assert (fitted.judge, fitted.defender, fitted.rules) == (found.judge, found.defender, RULES)
    own = rollouts(other[1], RULES, NetworkPolicy(found.network))
    assert np.array_equal(fitted.look(*other).chance, probabilities(found.judge, other[1], own))


def test_a_debated_helper_is_debated_where_it_looks(train, batch, other):
    course = replace(COURSE, rules=Rules(4.0, 6.0, answers=1))
    fitted = Reinforced("debated", course, FixedOrder(("latent-policy",)), CLONING).fit(train, batch, 0)
    assert isinstance(fitted.defender, BestAnswer)
    found = rollouts(other[1], course.rules, fitted.policy, fitted.defender)
    seen = fitted.look(*other)
    assert np.array_equal(seen.chance, probabilities(fitted.judge, other[1], found))
    assert np.array_equal(seen.spent, found.spent)


def test_one_that_was_taught_begins_where_its_teacher_stands(train, batch, other):
    """Reinforced so little that it has no time to forget."""
    course = replace(COURSE, reinforcement=ReinforceSettings(1, 2, rate=1e-9))
    taught = Reinforced("taught", course, ORDER, CLONING).fit(train, batch, 0)
    order = rollouts(other[1], RULES, OrderPolicy(batch.codes, ORDER.order))
    assert np.array_equal(taught.look(*other).spent, order.spent)


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_a_third_of_the_runs_are_shown_and_the_seed_decides_which(train, batch, seed):
    teacher = Watched()
    course = replace(COURSE, reinforcement=ReinforceSettings(1, 1))
    Reinforced("taught", course, teacher, replace(CLONING, epochs=1)).fit(train, batch, seed)
    chosen, fresh = train[seed % 3 :: 3], [s for s in teacher.seen if not s.asked]
    assert len(chosen) == 8
    assert len(fresh) == sum(len(run.looks) for run in chosen)
    lows = [
        o.interval.low
        for run in chosen
        for look in run.looks
        for o in look.outcomes
        if o.code == "latent-policy"
    ]
    claims = [s.asked[0].outcome.interval.low for s in teacher.seen if len(s.asked) == 1]
    assert claims == lows


def test_the_seed_decides_how_a_taught_network_begins(train, batch):
    """Both seeds show the same third of the runs; hardly anything is learned afterwards."""
    course = replace(COURSE, reinforcement=ReinforceSettings(1, 1, rate=1e-9))
    taught = Reinforced("taught", course, ORDER, replace(CLONING, epochs=2))
    one, other = (weights(taught.fit(train, batch, seed)) for seed in (0, 3))
    assert (one - other).abs().max() > 0.01


def test_the_seed_decides(train, batch):
    for entrant in (Reinforced("r", COURSE, ORDER, CLONING), Cloned("c", RULES, ORDER, ORDER, 6, CLONING)):
        one, two, three = (entrant.fit(train, batch, seed) for seed in (1, 1, 2))
        assert torch.equal(weights(one), weights(two))
        assert not torch.equal(weights(one), weights(three))
