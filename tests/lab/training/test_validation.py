from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forewarn.lab.game.batch_policies import OrderPolicy
from forewarn.lab.game.features import no_news
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.judge_fit import fit_judge
from forewarn.lab.training.validation import errors, worth_of
from forewarn.stats.calibration import Logistic

PRICE = 0.01


@pytest.fixture(scope="module")
def batch(recorded):
    """With one liar that knows nothing, and runs of three looks beside others of four."""
    loud = recorded.liar("pair-0", [0.9, 0.9, 0.9, 0.9])
    ignorant = replace(loud, looks=tuple(replace(look, known=2) for look in loud.looks))
    drawn = [recorded.drawn(f"drawn-{seed}", seed) for seed in range(12)]
    return RunBatch.of(
        [*drawn, *recorded.population(5, 3), ignorant], (*recorded.CODES, *recorded.FOLLOW_UPS)
    )


@pytest.fixture(scope="module")
def found(batch):
    return rollouts(batch, Rules(4.0, 6.0), OrderPolicy(batch.codes, batch.codes))


@pytest.fixture(scope="module")
def judge(batch, found):
    return fit_judge(batch, found)


def chances(batch, found, judge):
    """Slow: for each run the judge's greatest word on a look that could tell, of what is news there."""
    news = found.features.astype(np.float64)
    news[..., : len(batch.codes)] -= no_news(batch, found.asked)
    for r, looks in enumerate(batch.looks):
        able = [t for t in range(looks) if batch.able[r, t]]
        yield max((judge(news[r, t]) for t in able), default=0.0)


def by_truth(batch, values):
    """Of honest runs, and of deceptive ones."""
    pairs = list(zip(values, batch.deceptive, strict=True))
    return [x for x, lies in pairs if not lies], [x for x, lies in pairs if lies]


def mean(values):
    return sum(values) / len(values)


def test_errors_are_counted_run_by_run(batch, found, judge):
    calm, lying = by_truth(batch, [chance > 0.5 for chance in chances(batch, found, judge)])
    measured = errors(batch, found, judge)
    assert measured.false_alarms == pytest.approx(mean(calm))
    assert measured.misses == pytest.approx(1 - mean(lying))
    assert 0 < measured.false_alarms < 1 and 0 < measured.misses < 1


@pytest.mark.parametrize(("intercept", "rates"), [(9.0, (1.0, 1 / 10)), (-9.0, (0.0, 1.0))])
def test_a_judge_of_one_mind_errs_on_one_side_alone(batch, found, intercept, rates):
    """But for the liar of ten that knows nothing: nobody is flagged by looks that cannot tell."""
    measured = errors(batch, found, Logistic((0.0,) * len(batch.codes), intercept))
    assert (measured.false_alarms, measured.misses) == pytest.approx(rates)


def test_passes_are_those_of_the_mean_look(batch, found, judge):
    looks = [found.spent[r, t] for r, n in enumerate(batch.looks) for t in range(n)]
    assert errors(batch, found, judge).passes == pytest.approx(mean(looks))
    assert len(looks) < found.spent.size, "what a run lacks is no look"


def test_worth_is_error_and_brier_score_of_whole_runs_and_the_price(batch, found, judge):
    worths = list(chances(batch, found, judge))
    errs = by_truth(batch, [(w > 0.5) != lies for w, lies in zip(worths, batch.deceptive, strict=True)])
    offs = by_truth(
        batch, [(lies - w) ** 2 for w, lies in zip(worths, batch.deceptive.astype(float), strict=True)]
    )
    wrong, brier = (mean([mean(side) for side in both]) for both in (errs, offs))
    wanted = -(wrong + brier) / 2 - PRICE * errors(batch, found, judge).passes
    assert worth_of(batch, found, judge, PRICE) == pytest.approx(wanted)


def test_nothing_is_worth_more_than_to_know_for_nothing(batch, found):
    """Limits: a judge that is sure and right of all but the liar that knows nothing, and one that is wrong."""
    features, nothing = np.zeros_like(found.features), np.zeros_like(found.asked)
    for told, wanted in ((batch.deceptive, -1 / 20), (~batch.deceptive, -1.0)):
        features[told, :, 0], features[~told, :, 0] = 100.0, -100.0
        sure = replace(found, features=features, asked=nothing)
        assert worth_of(
            batch, sure, Logistic((1.0, *[0.0] * (features.shape[2] - 1)), 0.0), 0.0
        ) == pytest.approx(wanted)


def test_both_truths_weigh_the_same(batch, found, judge):
    """However often the honest runs are repeated."""
    calm = np.flatnonzero(~batch.deceptive)
    rows = np.concatenate([np.arange(len(batch.names)), *[calm] * 3])
    more = replace(found, features=found.features[rows], spent=found.spent[rows], asked=found.asked[rows])
    assert worth_of(batch.only(rows), more, judge, 0.0) == pytest.approx(worth_of(batch, found, judge, 0.0))
