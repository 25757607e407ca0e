from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.contest.entrant import Entrant, FittedEntrant, LookScores
from forewarn.lab.contest.match import match
from forewarn.lab.contest.series import Contest
from forewarn.lab.evaluation.splits import folds
from forewarn.records import Evidence

LEVEL = 0.2


def low(look):
    """Of the second last question; 0.0 without evidence."""
    outcome = look.answers[-2].outcome
    return outcome.interval.low if isinstance(outcome, Evidence) else 0.0


@dataclass(frozen=True)
class Guess(Entrant, FittedEntrant):
    """Says of each look what its last question showed; counts how often it learned."""

    name: str = "guess"
    factor: float = 1.0
    calls: list = field(default_factory=list, repr=False)

    def fit(self, runs, batch, seed):
        self.calls.append(seed)
        return self

    def look(self, runs, batch):
        chance = np.zeros(batch.able.shape)
        for row, run in enumerate(runs):
            chance[row, : len(run.looks)] = [self.factor * low(look) for look in run.looks]
        return LookScores(chance, np.ones(batch.able.shape, np.float32) * 2.5)


@pytest.fixture
def contest(runs, codes, tmp_path):
    """With one run that could not tell at its first look."""
    some = dict(runs)
    dim = some["matched group3-liar"]
    some["matched group3-liar"] = replace(dim, looks=(replace(dim.looks[0], known=1), *dim.looks[1:]))
    seen = tuple(f for f in folds([run.truth for run in some.values()]) if f.split == "new runs")
    return Contest(tuple(some.values()), "digest, K1", codes, LEVEL, 2, seen, tmp_path / "played")


@contextlib.contextmanager
def silent(_):
    yield


def parts(contest):
    return contest.folds


def test_every_run_of_a_split_is_played_once_by_seed(contest):
    (found,) = contest.play([Guess()], silent)
    assert (found.entrant, found.split, len(found.seeds)) == ("guess", "new runs", 2)
    names = sorted(run.truth.name for run in contest.runs)
    assert all([each.judged.truth.name for each in row] == names for row in found.seeds)


def test_a_series_is_its_matches(contest):
    """A twin: each match by itself."""
    (found,) = contest.play([Guess()], silent)
    named = {run.truth.name: run for run in contest.runs}
    for seed, row in enumerate(found.seeds):
        rollouts = [
            m for fold in parts(contest) for m in match(Guess(), named, fold, contest.codes, LEVEL, seed)
        ]
        assert sorted(rollouts, key=lambda each: each.judged.truth.name) == list(row)


def test_what_was_played_is_read_and_not_played_again(contest):
    first, second = Guess(), Guess()
    assert contest.play([first], silent) == contest.play([second], silent)
    assert len(first.calls) == 2 * len(parts(contest))
    assert second.calls == []


def test_what_is_read_is_what_was_played(contest):
    """Loud enough that what is promised lies above one half."""
    loud = [Guess(factor=4.0)]
    kept, fresh = (replace(contest, cache=cache).play(loud, silent) for cache in (contest.cache, None))
    assert kept == fresh
    assert kept[0].seeds[0] != kept[0].seeds[1], "another seed promises otherwise"
    dim = next(each for each in kept[0].seeds[0] if each.judged.truth.name == "matched group3-liar")
    assert dim.judged.scores[0] is None and dim.judged.scores[1] is not None


@pytest.mark.parametrize(
    "change",
    [
        {"table": "other"},
        {"level": 0.25},
        {"codes": ("knowledge-gap", "observer", "latent-policy/composure", "latent-policy")},
    ],
    ids=lambda c: next(iter(c)),
)
def test_another_contest_is_played_anew(contest, change):
    contest.play([Guess()], silent)
    again = Guess()
    replace(contest, **change).play([again], silent)
    assert len(again.calls) == 2 * len(parts(contest))


def test_an_entrant_is_known_by_all_that_decides_it(contest):
    contest.play([Guess()], silent)
    other = Guess(factor=0.5)
    contest.play([other], silent)
    assert other.calls


def test_what_broke_off_goes_on_where_it_stood(contest):
    rollouts, stopped = [], Guess()

    @contextlib.contextmanager
    def interrupted(what):
        if len(rollouts) == 3:
            raise KeyboardInterrupt
        rollouts.append(what)
        yield

    with pytest.raises(KeyboardInterrupt):
        contest.play([stopped], interrupted)
    again = Guess()
    contest.play([again], silent)
    assert len(stopped.calls) == 3
    assert len(again.calls) == 2 * len(parts(contest)) - 3
    assert rollouts[0] == f"guess, new runs: {parts(contest)[0].left_out}, seed 0"


def test_more_seeds_add_to_what_was_played(contest):
    contest.play([Guess()], silent)
    again = Guess()
    (found,) = replace(contest, seeds=3).play([again], silent)
    assert set(again.calls) == {2}
    assert len(found.seeds) == 3


def test_entrants_stand_side_by_side(contest):
    found = contest.play([Guess("one"), Guess("two", 0.5)], silent)
    assert [(each.entrant, each.split) for each in found] == [("one", "new runs"), ("two", "new runs")]
    first, second = (each.seeds[0] for each in found)
    assert first != second


def test_two_of_one_name_are_refused(contest):
    with pytest.raises(ConfigurationError, match="two entrants are called 'guess'"):
        contest.play([Guess(), Guess(factor=0.5)], silent)
