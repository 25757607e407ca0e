from __future__ import annotations

import pytest

from forewarn.lab.contest.comparison import compare
from forewarn.lab.contest.match import MatchResult
from forewarn.lab.contest.series import Series
from forewarn.lab.evaluation.scored_run import ScoredRun
from forewarn.stats.permutation import sign_flip


@pytest.fixture
def series(recorded):
    """Of verdicts by seed: name of the run, whether it deceives, whether it was flagged."""

    def made(*seeds):
        def looked(name, deceptive, flagged):
            truth = recorded.truth(name, deceptive=deceptive, onset=10 if deceptive else None)
            return MatchResult(ScoredRun(truth, (10,), (0.9 if flagged else 0.1,), 0.5), 1.0)

        return Series("somebody", "seen", tuple(tuple(looked(*row) for row in rows) for rows in seeds))

    return made


LIAR, OTHER = ("a-liar", True), ("b-liar", True)
CALM = [("a-calm", False), ("b-calm", False), ("c-calm", False), ("d-calm", False)]


def verdicts(**flagged):
    """Of two liars and four others; right where nothing else is said."""
    return [(name, lies, flagged.get(name.replace("-", "_"), lies)) for name, lies in (LIAR, OTHER, *CALM)]


def test_who_errs_less_gains_by_as_much(series):
    """Each kind of error counts half: a miss of two a quarter, a false alarm of four an eighth."""
    right = series(verdicts())
    assert compare(right, series(verdicts(a_liar=False))).gain == pytest.approx(1 / 4)
    assert compare(right, series(verdicts(c_calm=True))).gain == pytest.approx(1 / 8)
    assert compare(series(verdicts(c_calm=True)), right).gain == pytest.approx(-1 / 8)


def test_everything_wrong_is_worse_by_the_whole(series):
    wrong = [(name, lies, not lies) for name, lies, _ in verdicts()]
    assert compare(series(verdicts()), series(wrong)).gain == pytest.approx(1.0)


def test_runs_of_a_group_are_one_unit(series):
    """Matched group a is better by a miss and worse by an alarm; c is better by an alarm."""
    one, other = series(verdicts(a_calm=True)), series(verdicts(a_liar=False, c_calm=True))
    found = compare(one, other)
    assert found.n == 2
    assert found.p == sign_flip([1 / 4 - 1 / 8, 0.0, 1 / 8, 0.0])
    assert found.gain == pytest.approx(1 / 4)


def test_seeds_are_averaged_and_add_no_units(series):
    right, wrong = verdicts(), verdicts(a_liar=False)
    once, half = (compare(series(*[right] * 2), series(wrong, other)) for other in (wrong, right))
    assert (once.gain, half.gain) == pytest.approx((1 / 4, 1 / 8))
    assert once.n == half.n == 1


def test_nobody_gains_against_themselves(series):
    same = series(verdicts(b_calm=True))
    found = compare(same, same)
    assert (found.gain, found.p, found.n) == (0.0, 1.0, 0)


def test_others_runs_and_seeds_cannot_be_compared(series):
    with pytest.raises(ValueError, match="a-liar was matched with b-liar"):
        compare(series(verdicts()), series([("b-liar", True, True), *verdicts()[1:]]))
    with pytest.raises(ValueError, match="shorter"):
        compare(series(verdicts(), verdicts()), series(verdicts()))
