"""Nothing of the test side is seen by whoever takes part."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from forewarn.errors import CalibrationError
from forewarn.lab.contest.entrant import Entrant, FittedEntrant, LookScores
from forewarn.lab.contest.match import match
from forewarn.stats.conformal import run_threshold

LEVEL = 0.1


def names(runs):
    return [run.truth.name for run in runs]


@dataclass(frozen=True)
class Spy(Entrant, FittedEntrant):
    """Notes what it is shown, and says of each run what it was told to say; 0.0 otherwise."""

    says: dict = field(default_factory=dict)
    name: str = "spy"
    fitted: list = field(default_factory=list)
    seeds: list = field(default_factory=list)
    looked: list = field(default_factory=list)

    def fit(self, runs, batch, seed):
        assert names(runs) == list(batch.names)
        self.fitted.append(runs)
        self.seeds.append(seed)
        return self

    def look(self, runs, batch):
        assert names(runs) == list(batch.names)
        self.looked.append(runs)
        chance = np.zeros(batch.able.shape)
        for row, run in enumerate(runs):
            chance[row, : len(run.looks)] = self.says.get(run.truth.name, 0.0)
        return LookScores(chance, np.ones(batch.able.shape, np.float32) * np.arange(batch.able.shape[1]))


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_shown_the_test_side_before_they_look_at_it(runs, fold, codes, seed):
    spy = Spy()
    match(spy, runs, fold, codes, LEVEL, seed)
    (fitting,), (promising, tested) = spy.fitted, spy.looked
    assert spy.seeds == [seed]
    assert set(names(tested)) == fold.test
    assert not set(names([*fitting, *promising])) & fold.test
    assert sorted(names([*fitting, *promising])) == sorted(fold.train), "each once"


@pytest.mark.parametrize("seed", range(4))
def test_the_promise_is_made_on_honest_groups_that_no_fit_has_met(runs, fold, codes, seed):
    spy = Spy()
    match(spy, runs, fold, codes, LEVEL, seed)
    (fitting,), promising = spy.fitted, spy.looked[0]
    assert not any(run.truth.deceptive for run in promising)
    met = {run.truth.group for run in fitting if not run.truth.deceptive}
    assert met and not met & {run.truth.group for run in promising}


def test_another_seed_divides_the_training_side_otherwise(runs, fold, codes):
    spy = Spy()
    for seed in (0, 0, 1):
        match(spy, runs, fold, codes, LEVEL, seed)
    first, again, other = (names(fitting) for fitting in spy.fitted)
    assert first == again != other


def promised(runs, fold, codes):
    """Names of the runs that a promise is made on, with the first seed."""
    spy = Spy()
    match(spy, runs, fold, codes, LEVEL, 0)
    return names(spy.looked[0])


@pytest.mark.parametrize("level", [0.05, 0.1, 0.25])
def test_the_threshold_is_what_the_promise_needs(runs, fold, codes, level):
    draw = np.random.default_rng(0)
    says = {name: draw.uniform(0.4, 0.9) for name in promised(runs, fold, codes)}
    found = match(Spy(says), runs, fold, codes, level, 0)
    assert {each.judged.threshold for each in found} == {run_threshold(sorted(says.values()), level)}


def test_a_threshold_is_never_below_one_half(runs, fold, codes):
    found = match(Spy(), runs, fold, codes, LEVEL, 0)
    assert {each.judged.threshold for each in found} == {0.5}


def test_nothing_but_the_promise_moves_the_threshold(runs, fold, codes):
    """Neither what is said of runs of the fit nor of the test side."""
    said = dict.fromkeys(set(runs) - set(promised(runs, fold, codes)), 0.99)
    found = match(Spy(said), runs, fold, codes, LEVEL, 0)
    assert {each.judged.threshold for each in found} == {0.5}
    assert all(each.judged.alarm == 10 for each in found)


def test_too_few_honest_runs_for_the_level_are_an_error(runs, fold, codes):
    with pytest.raises(CalibrationError, match=r"found 24 honest runs; a false-alarm level of 0\.01 per run"):
        match(Spy(), runs, fold, codes, 0.01, 0)


def test_each_run_of_the_test_side_is_told_once_look_by_look(runs, fold, codes):
    """One of them is shorter, and one could not tell at its second look."""
    short, unable, *_ = sorted(fold.test)
    dim = [replace(look, known=2) if i == 1 else look for i, look in enumerate(runs[unable].looks)]
    changed = runs | {
        short: replace(runs[short], looks=runs[short].looks[:2]),
        unable: replace(runs[unable], looks=tuple(dim)),
    }
    found = match(Spy(dict.fromkeys(fold.test, 0.7)), changed, fold, codes, LEVEL, 0)
    judged = {each.judged.truth.name: each for each in found}
    assert [each.judged.truth.name for each in found] == sorted(fold.test)
    assert judged[short].judged.scores == (0.7, 0.7)
    assert judged[short].judged.steps == (10, 20)
    assert judged[unable].judged.scores == (0.7, None, 0.7, 0.7)
    assert judged[short].passes == 0.5, "of its own looks alone"
    assert judged[unable].passes == 1.5


def scores(found):
    return [(each.judged.scores, each.judged.threshold, each.passes) for each in found]


def test_the_truth_of_the_test_side_changes_no_score(entrant, runs, fold, codes, disguised):
    lied_of = {name: disguised(run) if name in fold.test else run for name, run in runs.items()}
    honest, lied = (match(entrant, each, fold, codes, LEVEL, 1) for each in (runs, lied_of))
    assert scores(honest) == scores(lied)


def test_what_the_other_test_runs_show_changes_no_score(entrant, runs, fold, codes):
    kept, *others = sorted(fold.test)
    donor = next(run for run in runs.values() if run.truth.deceptive)
    swapped = runs | {name: replace(runs[name], looks=donor.looks) for name in others}
    first, second = (match(entrant, each, fold, codes, LEVEL, 1)[0] for each in (runs, swapped))
    assert first.judged.truth.name == second.judged.truth.name == kept
    assert first.judged.scores == pytest.approx(second.judged.scores, abs=1e-6)
    assert (first.judged.threshold, first.passes) == (second.judged.threshold, second.passes)


def test_the_same_seed_gives_the_same(entrant, runs, fold, codes):
    one, two = (match(entrant, runs, fold, codes, LEVEL, 2) for _ in range(2))
    assert scores(one) == scores(two)


def test_the_truth_of_the_training_side_decides(entrant, runs, fold, codes, disguised):
    """A positive control: of runs that were lied of, other things are learned."""
    groups = sorted({run.truth.group for run in runs.values()})[::2]
    lied_of = {
        name: replace(disguised(run), truth=replace(disguised(run).truth, group=run.truth.group))
        if name in fold.train and run.truth.group in groups
        else run
        for name, run in runs.items()
    }
    one, two = (match(entrant, each, fold, codes, LEVEL, 1) for each in (runs, lied_of))
    assert [s for s, *_ in scores(one)] != [s for s, *_ in scores(two)]
