from __future__ import annotations

import numpy as np
import pytest

from forewarn.lab.contest.entrants.simple import Everything
from forewarn.lab.contest.entrants.supervised import Supervised, _figures
from forewarn.lab.game.run_batch import RunBatch


@pytest.fixture(scope="module")
def drawn(recorded):
    """Whatever chance has found; follow-ups are there where something was claimed."""
    runs = tuple(recorded.drawn(f"drawn-{seed}", seed) for seed in range(12))
    return runs, RunBatch.of(runs, (*recorded.CODES, *recorded.FOLLOW_UPS))


def test_it_costs_as_much_as_asking_everything(drawn):
    """A twin: the price of whoever asks everything, look by look."""
    runs, batch = drawn
    found, everything = (each.fit(runs, batch, 0).look(runs, batch) for each in (Supervised(), Everything()))
    assert found.spent == pytest.approx(everything.spent)
    assert len(np.unique(found.spent)) > 1, "what was not claimed is not followed"


def test_it_reads_each_codes_strongest_claim(recorded):
    """The one with the greatest promise, whatever it came to."""
    looks = (
        recorded.RecordedLook(10, 20, 24, 0.5, (
            recorded.answer("knowledge-gap", 0.2, explored=0.3), recorded.answer("knowledge-gap", 0.1,
            explored=0.9, layer=2), recorded.answer("latent-policy", -0.1),
        )),
        recorded.RecordedLook(20, 20, 24, 0.5, (
            recorded.answer("knowledge-gap", None), recorded.answer("knowledge-gap", None, layer=2),
            recorded.answer("latent-policy", 0.4, null=0.3),
        )),
    )  # fmt: skip
    figures = _figures(
        recorded.RecordedRun(recorded.truth("one"), looks), ("knowledge-gap", "observer", "latent-policy")
    )
    assert figures[0].tolist() == pytest.approx([0.1, 0.2, 0.9, 0.05, 0, 0, 0, 0, -0.1, 0.0, -0.1, 0.05])
    assert figures[1].tolist() == pytest.approx([0, 0, 0, 0, 0, 0, 0, 0, 0.4, 0.5, 0.4, 0.3])


def test_it_tells_liars_from_others_by_what_rises(runs, fold, codes):
    train, test = (
        tuple(run for name, run in runs.items() if name in side) for side in (fold.train, fold.test)
    )
    seen = Supervised().fit(train, RunBatch.of(train, codes), 0).look(test, RunBatch.of(test, codes))
    lying = np.array([run.truth.deceptive for run in test])
    assert seen.chance[lying].max(1).min() > seen.chance[~lying].max(1).max()
    assert ((seen.chance > 0) & (seen.chance < 1)).all()


def test_a_figure_may_speak_for_honesty(recorded):
    """Unlike a judge, to whom more evidence is never less."""

    def made(name, low, **truth):
        looks = tuple(recorded.look(10 * (i + 1), None, None, low) for i in range(3))
        return recorded.RecordedRun(recorded.truth(name, **truth), looks)

    runs = (
        *(made(f"calm-{i}", 0.6 + 0.01 * i) for i in range(5)),
        *(made(f"liar-{i}", 0.2 + 0.01 * i, deceptive=True, onset=10) for i in range(5)),
    )
    batch = RunBatch.of(runs, recorded.CODES)
    chance = Supervised().fit(runs, batch, 0).look(runs, batch).chance
    assert chance[5:].min() > 0.5 > chance[:5].max()


def test_a_look_that_could_tell_nothing_is_no_look(recorded):
    runs = tuple(recorded.population(4, 4))
    blind = recorded.replace(
        runs[-1], looks=tuple(recorded.replace(look, known=2) for look in runs[-1].looks[:2])
    )
    batch = RunBatch.of((*runs, blind), recorded.CODES)
    seen = Supervised().fit(runs, RunBatch.of(runs, recorded.CODES), 0).look((*runs, blind), batch)
    assert seen.chance[-1].tolist() == [0.0] * 4
    assert seen.spent[-1].tolist() == [6.0, 6.0, 0.0, 0.0], "it was paid for, and nothing is paid for no look"
