"""One look: an examiner, an episode of a recorded run and the environment ask, show and carry over the same."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from forewarn.audit.look import Examiner
from forewarn.helpers import Exhaustive, FixedOrder, Random
from forewarn.helpers.expert import Expert
from forewarn.helpers.learned import Learned
from forewarn.helpers.look import NEW
from forewarn.helpers.network import Network, Sizes
from forewarn.helpers.view import view
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.episode import episode
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp, after, followed, own_part
from forewarn.records import Claim, Evidence, Failed

RULES = (Rules(9.0, 30.0), Rules(3.0, 12.0), Rules(5.0, 0.0), Rules(1e6, 1e6))


class Played(Probe):
    """Answers at each look what a recorded run holds of it."""

    title, unit = "played", "share"

    def __init__(self, code, answers, tape):
        own = [a.inquiry for a in answers if a.inquiry.code == code]
        self.code, self.tape, self.shared = code, tape, own[0].shared
        self.price, self.places = own[0].cost, tuple(i.site for i in own)

    def sites(self, layout):
        return self.places

    def cost(self, inputs):
        return self.price

    def explore(self, inputs, site, split):
        return self.tape.explored(self.code, site)

    def confirm(self, inputs, claim, split):
        return self.tape.now[claim.code, claim.site]


class PlayedAfter(FollowUp):
    """The same for a follow-up."""

    title, unit = "played", "share"

    def __init__(self, code, answers, tape):
        own = [a.inquiry for a in answers if followed(a.inquiry.code) and own_part(a.inquiry.code) == code]
        self.code, self.tape, self.price = code, tape, own[0].cost
        self.follows = tuple({followed(i.code) for i in own})

    def cost(self, inputs):
        return self.price

    def pursue(self, inputs, evidence, split):
        found = self.tape.explored(after(evidence.code, self.code), evidence.site)
        return replace(found, code=self.code)

    def confirm(self, inputs, claim, split):
        return self.tape.now[claim.code, claim.site]


class Tape:
    """The recorded look that is being played."""

    def put(self, look):
        self.now = {a.question: a.outcome for a in look.answers}
        facts = range(look.asked)
        self.inputs = SimpleNamespace(
            audit_set=SimpleNamespace(facts=facts),
            known=lambda _: facts[: look.known],
            subject=SimpleNamespace(layout=None),
        )

    def explored(self, code, site):
        found = self.now[code, site]
        if isinstance(found, Failed):
            raise RuntimeError("broken")
        return Claim(code, site, found.explored, "{}") if isinstance(found, Evidence) else found


def catalogue(run, tape):
    """Probes and follow-ups that answer as the run does."""
    answers = run.looks[0].answers
    codes = dict.fromkeys(a.inquiry.code for a in answers)
    own = tuple(Played(code, answers, tape) for code in codes if followed(code) is None)
    parts = dict.fromkeys(own_part(code) for code in codes if followed(code))
    return own, tuple(PlayedAfter(part, answers, tape) for part in parts)


def in_their_order(run):
    """The run with its answers in the order in which a catalogue offers its questions."""
    tape = Tape()
    tape.put(run.looks[0])
    probes, follow_ups = catalogue(run, tape)
    every = Examiner(probes, Exhaustive(), follow_ups=follow_ups).questions.inquiries(tape.inputs)
    order = {inquiry.question: k for k, inquiry in enumerate(every)}
    looks = (replace(k, answers=tuple(sorted(k.answers, key=lambda a: order[a.question]))) for k in run.looks)
    return replace(run, looks=tuple(looks))


def live(helper, run, rules):
    """What an examiner does at each look of a run that answers as it did."""
    tape, history = Tape(), NEW
    probes, follow_ups = catalogue(run, tape)
    examiner = Examiner(probes, helper, rules.budget, rules.carry_over, follow_ups)
    for look in run.looks:
        tape.put(look)
        found = examiner.look(tape.inputs, None, history)
        yield found
        history = found.history


@pytest.fixture(scope="module")
def runs(recorded):
    """By their codes: runs of anything at all, and two of the shipped table."""
    table, codes = load(), (*recorded.CODES, *recorded.FOLLOW_UPS)
    drawn = [recorded.drawn(f"drawn-{seed}", seed) for seed in range(4)]
    some = [replace(run, looks=run.looks[5:12]) for run in table.runs["related"][::200]]
    return {codes: [*map(in_their_order, drawn)], table.codes: [*map(in_their_order, some)]}


def helpers(codes):
    network = Network(Sizes(codes, width=8), seed=3)
    network.stop.bias.data += 0.2
    yield from (Exhaustive(), Random(1), Expert(least=3.0), Learned(network))
    yield FixedOrder((codes[-1], *codes[:3]), waits=True)


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_a_recorded_run_is_walked_as_a_live_one_is_looked_at(runs, rules):
    """Every situation, choice, outcome, and what is carried over: all that a look holds."""
    asked = set()
    for codes, group in runs.items():
        for run in group:
            for helper in helpers(codes):
                walked = list(episode(helper, run, rules))
                assert walked == list(live(helper, run, rules))
                asked |= {a.inquiry.code for look in walked for a in look.asked}
    assert any(followed(code) for code in asked) and len(asked) >= 5, "else the twins have seen little"


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_the_environment_shows_what_a_look_shows(runs, rules):
    for codes, group in runs.items():
        network = Network(Sizes(codes, width=8), seed=0)
        for run in group:
            for helper in (Random(2), Exhaustive()):
                shown_alike(helper, run, codes, rules, network)


def shown_alike(helper, run, codes, rules, network):
    """Demands it at each choice: the rows of what is there, nothing of what is not, the network's logits."""
    game = VectorEnv(RunBatch.of([run], codes), rules, 1, shuffled=False)
    observation, column = game.reset(), {q: k for k, q in enumerate(run.looks[0].questions)}
    for look in episode(helper, run, rules):
        over = False
        for choice in look.choices:
            if over:
                break  # The environment ends a look where nothing is left that can be paid.
            same(view(choice.situation, codes), observation, column, network)
            stop = choice.inquiry is None
            turn = game.step(np.array([len(column) if stop else column[choice.inquiry.question]]))
            observation, over = turn.observation, bool(turn.look_over[0])
        assert (over and not look.choices[-1].situation.affordable) or stop


def same(shown, observation, column, network):
    present = [column[i.question] for i in shown.inquiries]
    absent = sorted(set(column.values()) - set(present))
    rows = torch.from_numpy(observation.candidates[0])
    assert torch.allclose(shown.candidates[0], rows[present], atol=1e-6)
    assert not rows[absent].any(), "what is not there yet is nothing"
    assert torch.allclose(shown.whole[0], torch.from_numpy(observation.whole[0]), atol=1e-5)
    assert shown.open[0].tolist() == observation.open[0][present].tolist()
    assert not observation.open[0][absent].any()
    questions = {k: q for q, k in column.items()}
    assert all(followed(questions[k][0]) for k in absent), "only follow-ups may be missing"
    with torch.no_grad():
        live, worth = network(shown.candidates, shown.whole, shown.open)
        parts = (observation.candidates, observation.whole, observation.open)
        game, same_worth = network(*map(torch.from_numpy, parts))
    assert torch.allclose(live[0], game[0][[*present, -1]], atol=1e-5)
    assert torch.allclose(worth, same_worth, atol=1e-5)


def test_a_question_that_nobody_has_asked_is_a_failure_in_both(runs):
    codes, (run, *_) = next(iter(runs.items()))
    first = replace(run.looks[0].answers[0], outcome=None)
    gap = replace(run, looks=(replace(run.looks[0], answers=(first, *run.looks[0].answers[1:])),))
    look = next(episode(Exhaustive(), gap, RULES[-1]))
    assert look.asked[0].outcome == Failed(*first.question, "the table does not hold an answer")
    game = VectorEnv(RunBatch.of([gap], codes), RULES[-1], 1, shuffled=False)
    game.reset()
    game.step(np.array([0]))
    assert game.lacked == {(0, 0, 0)}
