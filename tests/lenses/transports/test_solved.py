from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lenses.transports.solved import Solved, relative_spread
from forewarn.records import StreamSite

A, B = StreamSite(0), StreamSite(1)


def test_push_and_pull_are_adjoint_and_keep_the_dtype(draw):
    made = draw(0, 4, 4)
    solved = Solved(lambda source, target: made)
    v, w = draw(1, 2, 4), draw(2, 3, 4)
    torch.testing.assert_close(solved.push(v, A, B), v @ made.T)
    torch.testing.assert_close(solved.push(v, A, B) @ w.T, v @ solved.pull(w, A, B).T)
    assert solved.push(v.float(), A, B).dtype == torch.float32


def test_a_pair_is_solved_once(draw):
    asked = []

    def solve(source, target):
        asked.append((source, target))
        return draw(0, 4, 4)

    solved = Solved(solve)
    for _ in range(3):
        solved.push(draw(1, 2, 4), A, B)
        solved.pull(draw(1, 2, 4), A, B)
    assert asked == [(A, B)]


def test_a_site_to_itself_is_the_identity_whatever_the_fit_says(draw):
    solved = Solved(lambda source, target: draw(0, 4, 4), [lambda source, target: draw(1, 4, 4)] * 2)
    assert torch.equal(solved.push(draw(2, 3, 4), A, A), draw(2, 3, 4))
    assert solved.spread(A, A) == 0.0


def test_wrong_width_and_wrong_order_are_refused(draw):
    solved = Solved(lambda source, target: draw(0, 4, 4))
    with pytest.raises(ConfigurationError, match=r"\[k, 4\]"):
        solved.push(draw(1, 2, 5), A, B)
    with pytest.raises(ConfigurationError, match="found 1 to 0"):
        solved.pull(draw(1, 2, 4), B, A)


def test_without_refits_there_is_no_spread(draw):
    solved = Solved(lambda source, target: draw(0, 4, 4), [lambda source, target: draw(1, 4, 4)])
    with pytest.raises(NotApplicableError, match=r"at least 2 refits.*found 1\. Give `pieces`"):
        solved.spread(A, B)


def test_the_spread_of_refits_equals_that_of_a_loop(draw):
    pieces = [draw(seed, 4, 4) for seed in range(5)]
    solved = Solved(lambda source, target: pieces[0], [lambda s, t, piece=piece: piece for piece in pieces])
    mean = sum(pieces) / 5
    variance = sum(float(((piece - mean) ** 2).sum()) for piece in pieces) / 4
    size = float((mean**2).sum())
    assert solved.spread(A, B) == pytest.approx((variance / size) ** 0.5, rel=1e-12)


def test_equal_samples_have_no_spread_and_opposite_ones_an_infinite_one(draw):
    assert relative_spread(draw(0, 2, 2).expand(3, 2, 2)) < 1e-15
    assert relative_spread(torch.stack([draw(0, 2, 2), -draw(0, 2, 2)])) == float("inf")
