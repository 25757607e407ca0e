from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.contest.entrant import JudgedPolicy
from forewarn.lab.contest.on_demand import scores_on_demand
from forewarn.lab.game.batch_policies import OrderPolicy
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules

RULES = Rules(4.0, 6.0)


class Source:
    """Gives back what was taken out; counts how often it is asked."""

    def __init__(self, whole):
        self.whole, self.turns, self.wanted = {run.truth.name: run for run in whole}, 0, []

    def answered(self, runs, wanted):
        self.turns += 1
        self.wanted += wanted
        return tuple(
            self._answered(run, {(t, p) for n, t, p in wanted if n == run.truth.name}) for run in runs
        )

    def _answered(self, run, places):
        whole = self.whole[run.truth.name].looks
        looks = tuple(
            replace(
                look,
                answers=tuple(
                    full if (t, answer.question) in places else answer
                    for answer, full in zip(look.answers, whole[t].answers, strict=True)
                ),
            )
            for t, look in enumerate(run.looks)
        )
        return replace(run, looks=looks)


@pytest.fixture
def some(runs):
    return tuple(list(runs.values())[:6])


def lacking(runs, *codes):
    """As if nobody had asked them."""

    def emptied(answer):
        return replace(answer, outcome=None) if answer.inquiry.code in codes else answer

    return tuple(
        replace(
            run,
            looks=tuple(replace(k, answers=tuple(map(emptied, k.answers))) for k in run.looks),
        )
        for run in runs
    )


@pytest.fixture
def fitted(some, codes):
    return JudgedPolicy.judged(
        OrderPolicy(codes, ("latent-policy", "latent-policy/composure")), RULES, RunBatch.of(some, codes)
    )


def test_what_is_lacking_is_measured_and_all_is_seen_as_on_a_whole_table(some, codes, fitted):
    source = Source(some)
    batch, found = scores_on_demand(
        fitted, lacking(some, "latent-policy", "latent-policy/composure"), codes, source
    )
    whole = fitted.look(some, RunBatch.of(some, codes))
    assert np.array_equal(found.chance, whole.chance)
    assert np.array_equal(found.spent, whole.spent)
    assert not whole.lacked
    assert source.turns == 2, "the follow-ups after what they follow"
    told = {(some[r].truth.name, t, some[r].looks[t].answers[c].question) for r, t, c in found.lacked}
    assert told == set(source.wanted)
    assert len(source.wanted) == len(told), "nothing is measured twice"
    assert {"latent-policy", "latent-policy/composure"} == {question[0] for _, _, question in told}
    assert batch.names == tuple(run.truth.name for run in some)


def test_what_is_lacking_and_not_asked_is_not_measured(some, codes, fitted):
    source = Source(some)
    _, found = scores_on_demand(fitted, lacking(some, "knowledge-gap", "observer"), codes, source)
    assert (source.turns, found.lacked) == (0, frozenset())


def test_without_a_source_it_says_what_is_lacking(some, codes, fitted):
    name = some[0].truth.name
    with pytest.raises(
        ConfigurationError, match=f"the table does not hold latent-policy at look 0 of {name}"
    ):
        scores_on_demand(fitted, lacking(some, "latent-policy", "latent-policy/composure"), codes, None)
