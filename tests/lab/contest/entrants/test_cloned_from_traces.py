from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forewarn.helpers import FixedOrder
from forewarn.lab.contest.entrants.cloned_from_traces import ClonedFromTraces
from forewarn.lab.contest.entrants.simple import Ordered
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.training.cloning import Cloning
from forewarn.records import Answered, InspectionTrace, Nothing, Offered, Site

RULES, SITE = Rules(4.0, 6.0), Site(1, 0.5)


@pytest.fixture(scope="module")
def train(runs, fold):
    return tuple(runs[name] for name in sorted(fold.train))[:24]


def inspection(*codes):
    """One person asked these, found nothing, and said so."""
    offered = tuple(Offered(code, SITE, 2.0) for code in ("knowledge-gap", "observer", "latent-policy"))
    asked = [next(question for question in offered if question.code == code) for code in codes]
    answers = tuple(Answered(q, Nothing(q.code, SITE, "nothing", 8)) for q in asked)
    return InspectionTrace("Ann", "", "s" * 64, 1, 1.0, offered, answers, "honest")


def looked(entrant, train, codes, seed=0):
    """What it sees of the training runs."""
    batch = RunBatch.of(train, codes)
    return entrant.fit(train, batch, seed).look(train, batch)


def test_one_inspection_does_not_outweigh_the_order_but_is_followed_without_it(train, codes):
    cloning, prior = Cloning(epochs=80, rate=1e-2, width=8), FixedOrder(("latent-policy",))
    asked = ClonedFromTraces("asked", RULES, (inspection("knowledge-gap", "observer"),), prior, 1, cloning)
    alone = replace(asked, cloning=replace(cloning, prior=0.0))
    order = looked(Ordered(RULES, ("latent-policy",)), train, codes)
    assert np.array_equal(looked(asked, train, codes).spent, order.spent)
    assert looked(alone, train, codes).spent.sum() > order.spent.sum()


def test_which_are_watched_is_drawn_by_the_seed_and_its_name_holds_no_trace(train, codes):
    some = (inspection("knowledge-gap"), inspection("latent-policy"))
    entrant = ClonedFromTraces(
        "one of two", RULES, some, FixedOrder(("latent-policy",)), 1, Cloning(epochs=2, width=8)
    )
    assert "nothing" not in repr(entrant)
    first, again = (looked(entrant, train, codes, seed=3).chance for _ in range(2))
    assert np.array_equal(first, again)
