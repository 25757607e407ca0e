from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from forewarn.helpers.encoding import GLOBAL
from forewarn.lab.game.batch_policies import OrderPolicy, RandomPolicy
from forewarn.lab.game.debate import BestAnswer, Silent, answered
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import WAIT, Rules, VectorEnv
from forewarn.stats.calibration import Logistic

NONE = 4
"""To stop, where there are four questions."""
RICH = 99.0


@pytest.fixture
def make_game(follow_up_board):
    """Questions 1 and 3 follow 0 and 2; of three looks the second claims 0, the third both."""

    def made(answers, allowance=RICH):
        game = VectorEnv(
            follow_up_board.only([0]), Rules(allowance, RICH, answers=answers), 1, shuffled=False
        )
        game.reset()
        return game

    return made


@pytest.fixture(scope="module")
def drawn(recorded):
    """Ten questions a run, of which six follow claims: whatever chance has found."""
    codes = (*recorded.CODES, *recorded.FOLLOW_UPS)
    return RunBatch.of([recorded.drawn(f"drawn-{seed}", seed) for seed in range(12)], codes)


def begun(batch, answers, allowance=RICH):
    game = VectorEnv(batch, Rules(allowance, RICH, answers=answers), len(batch.names), shuffled=False)
    return game, game.reset()


def step(game, *choices):
    for choice in choices:
        turn = game.step(np.array([choice]))
    return turn


def judge_by_chance(batch, seed):
    return Logistic(tuple(np.random.default_rng(seed).uniform(0, 5, 2 * len(batch.codes))), -2.0)


def odds(judge, features):
    """Slow: what the judge itself says of one look."""
    chance = judge(features.astype(np.float64))
    return np.log(chance / (1 - chance))


@pytest.mark.parametrize("answers", [1, 2])
@pytest.mark.parametrize(
    ("choices", "defends"),
    [
        ((NONE,), False),
        ((0, NONE), False),
        ((NONE, NONE), False),
        ((NONE, 2, NONE), False),
        ((NONE, 0, NONE), True),
        ((NONE, 0, 1, NONE), False),
        ((NONE, NONE, 0, 1, 2, NONE), True),
        ((NONE, NONE, 0, 1, 2, 3), False),
    ],
    ids=str,
)
def test_the_defender_has_its_turn_where_a_claim_has_a_follow_up_left(make_game, answers, choices, defends):
    game = make_game(answers)
    turn = step(game, *choices)
    assert game.defends.tolist() == [defends]
    assert turn.look_over.tolist() == [not defends]


def test_it_has_its_turn_as_well_when_all_that_can_be_paid_was_asked(make_game):
    game = make_game(1, allowance=5.0)
    step(game, NONE)
    turn = step(game, 0, 2)
    assert turn.look_over.tolist() == [False], "2.0 is left of 10.0, and pays for a follow-up"
    turn = step(game, 1)
    assert turn.look_over.tolist() == [True], "nothing is left to be answered"
    turn = step(game, 0)
    assert (turn.look_over.tolist(), game.phase.tolist()) == ([False], [1]), (
        "1.0 of 5.0 is left and pays nothing"
    )


def test_in_a_debate_only_follow_ups_of_claims_are_open(make_game):
    game = make_game(2)
    assert step(game, NONE, 0, NONE).observation.open.tolist() == [[False, True, False, False]]
    game.reset()
    assert step(game, NONE, NONE, 0, 2, NONE).observation.open.tolist() == [[False, True, False, True]]
    assert step(game, 3).observation.open.tolist() == [[False, True, False, False]]


@pytest.mark.parametrize(("answers", "phases"), [(0, [0, 0, 0]), (1, [0, 1, 0]), (2, [0, 1, 2])])
def test_a_phase_is_one_choice(make_game, answers, phases):
    game, found = make_game(answers), []
    step(game, NONE, NONE, 0)
    for choice in (2, NONE, 1):
        step(game, choice)
        found.append(int(game.phase[0]))
    assert found == phases


def debates(batch, answers, seed):
    """Look by look, of every run by chance: phases of its choices, and the follow-ups left when it was over."""
    draw, pursues = np.random.default_rng(seed), batch.parent[0] >= 0
    for row in range(len(batch.names)):
        game, observation = begun(batch.only([row]), answers)
        over, phases = False, []
        while not over:
            phases.append(int(game.phase[0]))
            passes = phases[-1] > 0 and draw.random() < 0.6
            choice = draw.choice([*np.flatnonzero(observation.open[0] & (not passes)), game.n_questions])
            left = observation.open[0] & pursues & (np.arange(game.n_questions) != choice)
            turn = game.step(np.array([choice]))
            observation, over = turn.observation, bool(turn.run_over[0])
            if turn.look_over[0]:
                yield phases, int(left.sum())
                phases = []


@pytest.mark.parametrize("answers", [0, 1, 2, 3])
def test_sides_take_turns_and_the_defender_is_the_last_unless_nothing_is_left(drawn, answers):
    greatest = set()
    for phases, left in debates(drawn, answers, seed=answers):
        debate = [phase for phase in phases if phase > 0]
        assert debate == list(range(1, len(debate) + 1)), "helper and defender in turn, one choice each"
        assert len(debate) == max(2 * answers - 1, 0) or not left
        greatest.add(len(debate))
    assert max(greatest) == max(2 * answers - 1, 0)
    assert 0 in greatest


def whole(observation, name):
    return observation.whole[0, GLOBAL.index(name)]


def test_what_is_asked_in_a_debate_costs_but_not_the_budget(make_game):
    game = make_game(2, allowance=10.0)
    assert whole(step(game, NONE).observation, "budget") == pytest.approx(2.0)
    assert whole(step(game, NONE, 0, 2, NONE).observation, "budget") == pytest.approx(3.0 - 0.8)
    first, second = step(game, 1), step(game, 3)
    assert (first.cost.tolist(), second.cost.tolist()) == ([2.0], [2.0])
    assert whole(first.observation, "budget") == pytest.approx(2.2)
    poor = make_game(1, allowance=4.0)
    turn = step(poor, NONE, 0, 2, 1)
    assert turn.cost.tolist() == [2.0], "8.0 paid for both claims, and the defender needs none"
    assert whole(turn.observation, "budget") == pytest.approx(0.4)


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_who_waits_stays_where_they_are(drawn, answers):
    game, observation = begun(drawn, answers)
    draw = np.random.default_rng(1)
    for turn in range(60):
        waits = draw.random(game.n) < 0.4
        stops = np.where(draw.random(game.n) < 0.3, game.n_questions, WAIT)
        asks = np.where(
            observation.open.any(1), (draw.random(observation.open.shape) * observation.open).argmax(1), stops
        )
        before = game.run.copy(), game.look.copy(), game.phase.copy()
        found = game.step(np.where(waits, WAIT, np.where(stops == WAIT, asks, stops)))
        idle = np.flatnonzero(waits)
        for name in ("candidates", "whole", "open"):
            assert np.array_equal(getattr(found.observation, name)[idle], getattr(observation, name)[idle]), (
                turn
            )
        for now, then in zip((game.run, game.look, game.phase), before, strict=True):
            assert np.array_equal(now[idle], then[idle])
        assert not found.cost[idle].any() and not found.features[idle].any()
        assert not (found.failed | found.look_over | found.run_over)[idle].any()
        observation = found.observation


def test_who_does_not_defend_waits(drawn):
    game, _ = begun(drawn, 1)
    for defender in (Silent(), BestAnswer(judge_by_chance(drawn, 0))):
        assert set(defender.choose(game)) == {WAIT}


@pytest.mark.parametrize("answers", [1, 2, 3])
def test_where_nobody_answers_features_are_as_without_a_debate(drawn, answers):
    order = OrderPolicy(drawn.codes, ("latent-policy", "knowledge-gap"))
    with_, without = (rollouts(drawn, Rules(RICH, RICH, answers=a), order) for a in (answers, 0))
    k = len(drawn.codes)
    assert without.features.shape[-1] == k and without.features.any()
    assert np.array_equal(with_.features[..., :k], without.features)
    assert not with_.features[..., k:].any()
    assert np.array_equal(with_.spent, without.spent)


def test_what_the_helper_brings_against_a_claim_itself_counts(make_game):
    game = make_game(1)
    assert step(game, NONE, 0, 1, NONE).features[0].tolist() == pytest.approx([0, 0.6, 0.5, 0, 0, -0.1])


def at_debate(batch, seed, answers):
    """Every game at its first debate, after questions by chance; others wait."""
    game, observation = begun(batch, answers)
    policy, draw = RandomPolicy(seed), np.random.default_rng(seed)
    for _ in range(30):
        choice = np.where(draw.random(game.n) < 0.3, game.n_questions, policy.choose(observation))
        observation = game.step(np.where(game.defends, WAIT, choice)).observation
    return game


@pytest.mark.parametrize("seed", range(8))
def test_the_best_answer_is_the_best_of_all_that_could_be_given(drawn, seed):
    """A twin: every answer is given in a copy of the game, and judged."""
    game, judge = at_debate(drawn, seed, answers=1), judge_by_chance(drawn, seed)
    choice, open_ = BestAnswer(judge).choose(game), game.open()
    outcomes = np.stack(
        [deepcopy(game).step(np.full(game.n, c)).features for c in range(game.n_questions + 1)]
    )
    assert game.defends.sum() > 3
    for row in range(game.n):
        if not game.defends[row]:
            assert choice[row] == WAIT
            continue
        able = [*np.flatnonzero(open_[row]), game.n_questions]
        worth = {c: odds(judge, outcomes[c, row]) for c in able}
        assert choice[row] in able
        assert worth[choice[row]] == pytest.approx(min(worth.values()), abs=1e-6)
        assert (choice[row] == game.n_questions) == (min(worth.values()) > worth[game.n_questions] - 1e-7)


def test_answers_are_given_and_withheld(drawn):
    """Both happen, else the twin above has seen one side alone."""
    game, judge = at_debate(drawn, 0, answers=1), judge_by_chance(drawn, 0)
    chosen = BestAnswer(judge).choose(game)[game.defends]
    assert {True, False} == set((chosen == game.n_questions).tolist())


def test_the_best_answer_never_convinces_the_judge_more(drawn):
    judge = judge_by_chance(drawn, 3)
    rules, k = Rules(RICH, RICH, answers=1), len(drawn.codes)
    order = OrderPolicy(drawn.codes, ("latent-policy", "knowledge-gap", "observer"))
    silent, best = (rollouts(drawn, rules, order, d).features for d in (Silent(), BestAnswer(judge)))
    moved = (best - silent) @ np.array(judge.weights)
    assert (moved <= 1e-6).all() and (moved < -0.1).any()
    assert np.array_equal(best[..., :3], silent[..., :3]), "what was claimed stands"
    assert best[..., k:].any()


def test_a_judge_that_hears_no_rebuttal_is_told_none(drawn):
    k = len(drawn.codes)
    game = at_debate(drawn, 0, answers=1)
    deaf = BestAnswer(Logistic((1.0,) * k + (0.0,) * k, 0.0))
    assert set(deaf.choose(game)[game.defends]) == {game.n_questions}


@pytest.mark.parametrize(
    ("heard", "rebutted", "answer"), [(0.1, 1, 1), (0.3, 1, NONE), (0, 0, NONE), (0, 1, 1)]
)
def test_what_confirms_more_than_it_rebuts_is_kept_back(make_game, heard, rebutted, answer):
    """The follow-up of 0 falls short by 0.1, and has 0.5 of its own to say."""
    game = make_game(1)
    step(game, NONE, 0, NONE)
    judge = Logistic((0.0, 1.0, heard, 0.0, 0.0, rebutted), 0.0)
    assert BestAnswer(judge).choose(game).tolist() == [answer]


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_what_is_answered_tells_of_the_look_that_is_over(drawn, answers):
    """A twin: each game by itself, step by step."""
    defender = BestAnswer(judge_by_chance(drawn, 1))
    game, observation = begun(drawn, answers)
    draw, over = np.random.default_rng(2), 0
    for _ in range(40):
        asks = (draw.random(observation.open.shape) * observation.open).argmax(1)
        choice = np.where(draw.random(game.n) < 0.4, game.n_questions, asks)
        twin, place = deepcopy(game), (game.run.copy(), game.look.copy())
        turn = answered(game, choice, defender)
        steps = [twin.step(choice)]
        while twin.defends.any():
            steps.append(twin.step(defender.choose(twin)))
        assert len(steps) <= 2
        for row in range(game.n):
            mine = [each for each in steps if each.look_over[row]]
            assert turn.look_over[row] == bool(mine)
            assert turn.run_over[row] == any(each.run_over[row] for each in steps)
            wanted = mine[0].features[row] if mine else np.zeros(game.n_features)
            assert np.array_equal(turn.features[row], wanted)
            assert turn.cost[row] == sum(each.cost[row] for each in steps)
            assert turn.failed[row] == steps[0].failed[row]
            over += bool(mine)
        assert np.array_equal(turn.run, place[0]) and np.array_equal(turn.look, place[1])
        assert np.array_equal(turn.observation.candidates, steps[-1].observation.candidates)
        assert not game.defends.any(), "it is the helper's turn again"
        observation = turn.observation
    assert over > 50


@pytest.mark.parametrize("policy", ["order", "random"])
def test_a_debate_changes_no_looks(drawn, policy):
    def visited(answers):
        game, observation = begun(drawn.only([1]), answers)
        chooses = RandomPolicy(0) if policy == "random" else OrderPolicy(drawn.codes, drawn.codes[:3])
        defender = BestAnswer(judge_by_chance(drawn, 1)) if answers else Silent()
        looks, over = [], False
        while not over:
            turn = answered(game, chooses.choose(observation), defender)
            looks += [(int(turn.run[0]), int(turn.look[0]))] * int(turn.look_over[0])
            observation, over = turn.observation, bool(turn.run_over[0])
        return looks

    assert visited(0) == visited(1) == visited(2) == [(0, 0), (0, 1), (0, 2)]


def test_rules_without_answers_never_ask_a_defender(make_game):
    turn = answered(make_game(0), np.array([NONE]), None)
    assert turn.look_over.tolist() == [True]
