"""What a helper sees in the game is what it sees at a live look: bit by bit, all along recorded runs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from forewarn.helpers import Asked, History, Inquiry, Situation
from forewarn.helpers.network import Network, Sizes
from forewarn.helpers.policy import opened
from forewarn.helpers.view import view
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.batch_policies import tensors
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site

RULES = Rules(allowance=9.0, most=30.0)


def outcome(f, site):
    """A finding as the outcome that it was recorded from."""
    if f.kind == "evidence":
        interval = Interval(f.low, f.high)
        return Evidence(f.code, "claim", site, f.effect, "unit", interval, f.null, f.n, f.explored, "{}", "d")
    if f.kind == "nothing":
        return Nothing(f.code, site, "reason", 1)
    return (NotApplicable if f.kind == "not-applicable" else Failed)(f.code, site, "reason")


def site(f):
    return Site(f.layer, f.depth, f.component, f.token)


class Live:
    """A run's looks as an examiner takes them: only what is there can be asked, and only that is recalled."""

    def __init__(self, run):
        self.looks, self.history = iter(run.looks), History()
        self.turn_page()

    def turn_page(self):
        self.look = next(self.looks, None)
        if self.look is None:
            return
        self.every = [Inquiry(f.code, site(f), f.cost, f.shared) for f in self.look.findings]
        available = min(self.history.carried + RULES.allowance, RULES.most)
        known = self.look.known / self.look.asked
        self.now = Situation(self.left(()), (), available, known, self.history)

    def left(self, asked):
        done, outcomes = {a.inquiry for a in asked}, [a.outcome for a in asked]
        return tuple(i for i in self.every if i not in done and opened(i.question, outcomes))

    def ask(self, choice):
        inquiry, f = self.every[choice], self.look.findings[choice]
        asked = (*self.now.asked, Asked(inquiry, outcome(f, inquiry.site)))
        left = self.now.budget - inquiry.price(self.now.asked)
        self.now = Situation(self.left(asked), asked, left, self.now.known, self.history)

    def stop(self):
        self.history = self.history.after([a.outcome for a in self.now.asked], self.now.budget)
        self.turn_page()


def same(live, observation, codes):
    """Demands that both show the same; what is not there live is nothing in the game."""
    shown = view(live.now, codes)
    present = [live.every.index(i) for i in shown.inquiries]
    absent = [k for k in range(len(live.every)) if k not in present]
    rows = torch.from_numpy(observation.candidates[0])
    assert torch.allclose(shown.candidates[0], rows[present], atol=1e-6)
    assert not rows[absent].any()
    assert torch.allclose(shown.whole[0], torch.from_numpy(observation.whole[0]), atol=1e-5)
    assert shown.open[0].tolist() == observation.open[0][present].tolist()
    assert not observation.open[0][absent].any()
    return shown, present, absent


def walked(run, codes, draw):
    """All along a run, by chance: what both show, and who is absent, choice by choice."""
    game, live = VectorEnv(RunBatch.of([run], codes), RULES, 1, shuffled=False), Live(run)
    observation = game.reset()
    while live.look is not None:
        yield (*same(live, observation, codes), observation)
        choice = int(draw.choice([*np.flatnonzero(observation.open[0]), len(live.every)]))
        turn = game.step(np.array([choice]))
        observation = turn.observation
        if choice < len(live.every):
            live.ask(choice)
        if turn.look_over[0]:
            live.stop()


def test_the_game_shows_what_a_live_look_shows():
    table = load()
    for run in table.runs["related"][::40]:
        codes = [f.code for f in run.looks[0].findings]
        for *_, absent, _ in walked(run, table.codes, np.random.default_rng(0)):
            assert all("." in codes[k] for k in absent), "only follow-ups may be missing"


@pytest.mark.parametrize("seed", range(20))
def test_it_does_so_where_questions_exist_only_after_an_answer(followed, seed):
    codes = ("latent-policy", "latent-policy/composure")
    network, absences = Network(Sizes(codes, width=8), seed=seed), set()
    for shown, present, absent, observation in walked(followed, codes, np.random.default_rng(seed)):
        absences.add(tuple(absent))
        with torch.no_grad():
            live, worth = network(shown.candidates, shown.whole, shown.open)
            game, same_worth = network(*tensors(observation))
        assert torch.allclose(live[0], game[0][[*present, -1]], atol=1e-5)
        assert torch.allclose(worth, same_worth, atol=1e-5)
    assert (1, 3) in absences, "at the beginning of each look"


def test_all_of_them_are_there_at_some_time(followed):
    found = {
        tuple(absent)
        for seed in range(20)
        for *_, absent, _ in walked(
            followed, ("latent-policy", "latent-policy/composure"), np.random.default_rng(seed)
        )
    }
    assert found == {(1, 3), (3,), (1,), ()}
