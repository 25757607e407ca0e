from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forewarn.helpers.encoding import ANSWER, GLOBAL, Encoding
from forewarn.judges.features import features
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.records import Work

RULES = Rules(budget=5.0, carry_over=8.0)
STOP = 3
SEARCH = Work("search", 3.0)
CODES = ("knowledge-gap", "latent-policy")
N_PLACE = Encoding(("knowledge-gap", "latent-policy")).n_place


@pytest.fixture
def game(batch):
    """The liar alone, from its first look."""
    game = VectorEnv(batch.only([0]), RULES, 1, shuffled=False)
    game.reset()
    return game


def play(game, *choices):
    for choice in choices:
        turn = game.step(np.array([choice]))
    return turn


def whole(observation, name):
    return observation.whole[0, GLOBAL.index(name)]


def test_a_question_costs_and_cannot_be_asked_twice(game):
    turn = play(game, 0)
    assert turn.cost.tolist() == [0.5]
    assert turn.observation.open.tolist() == [[False, True, True]]
    assert whole(turn.observation, "budget") == pytest.approx(0.45)
    assert not turn.look_over[0]


def test_what_came_of_it_is_seen_and_the_rest_is_not(game):
    turn = play(game, STOP, 1)
    now = turn.observation.candidates[0][:, N_PLACE : N_PLACE + len(ANSWER)]
    assert now[1].tolist() == pytest.approx([1, 1, 0, 0.5, 0.2, 0.1, 0.3, 0.05])
    assert not now[[0, 2]].any()


def test_what_is_left_over_is_kept_up_to_the_most(game):
    assert whole(play(game, STOP).observation, "budget") == pytest.approx(0.8), "5 + 5 would be 10; at most 8"


def test_a_look_never_has_less_than_the_allowance(batch):
    for most in (0.0, 4.0):
        game = VectorEnv(batch.only([0]), Rules(5.0, most), 1, shuffled=False)
        game.reset()
        assert whole(play(game, 2, STOP).observation, "budget") == pytest.approx(0.5), most


def test_a_look_is_over_by_choice_or_when_nothing_can_be_paid(game):
    turn = play(game, 2)
    assert not turn.look_over[0]
    assert turn.observation.open.tolist() == [[True, True, False]], "1.0 is left"
    turn = play(game, 0, 1)
    assert turn.look_over[0]
    assert (turn.run[0], turn.look[0]) == (0, 0)


def test_what_cannot_be_asked_counts_as_stopping(game):
    play(game, 2)
    turn = play(game, 2)
    assert (turn.look_over[0], turn.cost[0]) == (True, 0.0)


def test_the_next_look_shows_what_was_seen_before_and_how_fresh_it_is(game):
    play(game, STOP, 0, STOP)
    observation = game.step(np.array([STOP])).observation
    assert observation.open.any(), "a fresh run has begun"
    game.reset()
    play(game, STOP)
    turn = play(game, 0, STOP)
    before = turn.observation.candidates[0][:, N_PLACE + len(ANSWER) :]
    assert before[0].tolist() == pytest.approx([1, 1, 0, 0.3, 0.3, 0.2, 0.4, 0.05, 0.5])
    assert not before[1:].any()
    assert not turn.observation.candidates[0][:, N_PLACE : N_PLACE + len(ANSWER)].any()
    assert whole(turn.observation, "strongest before") == pytest.approx(0.2)


def test_a_judge_sees_the_strongest_claim_of_what_was_asked(game):
    play(game, STOP)
    turn = play(game, 0, 1, STOP)
    assert turn.features.tolist() == [pytest.approx([0.1, 0.0])], "the strongest on the explore facts"
    game.reset()
    play(game, STOP)
    assert play(game, 0, STOP).features.tolist() == [pytest.approx([0.2, 0.0])]


def test_a_claim_that_is_not_confirmed_is_told(game):
    play(game, STOP, STOP)
    assert play(game, 0).failed.tolist() == [True]
    assert play(game, 2).failed.tolist() == [False]


@pytest.fixture
def following(follow_up_board):
    """Questions 1 and 3 follow 0 and 2; all can be paid."""
    game = VectorEnv(follow_up_board.only([0]), Rules(99.0, 99.0), 1, shuffled=False)
    game.reset()
    return game


NONE = 4
"""To stop, where there are four questions."""


@pytest.mark.parametrize(
    ("choices", "open_"),
    [
        ((), [1, 0, 1, 0]),
        ((0,), [0, 0, 1, 0]),
        ((NONE,), [1, 0, 1, 0]),
        ((NONE, 0), [0, 1, 1, 0]),
        ((NONE, 0, 1), [0, 0, 1, 0]),
        ((NONE, 2), [1, 0, 0, 0]),
        ((NONE, 2, 0), [0, 1, 0, 0]),
        ((NONE, 0, NONE), [1, 0, 1, 0]),
        ((NONE, NONE, 0, 2), [0, 1, 0, 1]),
        ((NONE, NONE, 2, 3), [1, 0, 0, 0]),
    ],
    ids=str,
)
def test_a_follow_up_is_open_once_what_it_follows_was_asked_and_claimed_something(following, choices, open_):
    observation = play(following, *choices).observation if choices else following.reset()
    assert observation.open[0].tolist() == [bool(able) for able in open_]


@pytest.mark.parametrize("choices", [(NONE, 1), (NONE, 2, 3), (0, 1)], ids=str)
def test_a_follow_up_that_is_not_there_counts_as_stopping(following, choices):
    turn = play(following, *choices)
    assert (turn.look_over[0], turn.cost[0]) == (True, 0.0)


def test_a_look_goes_on_while_a_follow_up_is_left(following):
    play(following, NONE, NONE)
    assert [play(following, choice).look_over[0] for choice in (0, 2, 3, 1)] == [False, False, False, True]
    following.reset()
    assert [play(following, choice).look_over[0] for choice in (0, 2)] == [False, True], "nothing was claimed"


def test_a_follow_up_is_paid_for(following, follow_up_board):
    assert play(following, NONE, 0, 1).cost.tolist() == [2.0]
    poor = VectorEnv(follow_up_board.only([0]), Rules(5.0, 5.0), 1, shuffled=False)
    poor.reset()
    turn = play(poor, NONE, 0)
    assert turn.look_over[0], "1.0 is left"


def test_of_a_follow_up_that_is_not_there_nothing_is_seen(following):
    place = slice(0, Encoding(following.batch.codes).n_place)
    now = slice(place.stop, place.stop + len(ANSWER))
    before = slice(now.stop, now.stop + len(ANSWER))
    shown = following.reset().candidates[0].any(1)
    assert shown.tolist() == [True, False, True, False]
    row = play(following, NONE, 0).observation.candidates[0][1]
    assert row[place].any() and not row[place.stop :].any(), "it is there, and was not asked"
    row = play(following, 1).observation.candidates[0][1]
    assert row[now].tolist() == pytest.approx([1, 1, 0, 0.8, 0.6, 0.5, 0.7, 0.05])
    assert not play(following, NONE).observation.candidates[0][1].any(), (
        "gone with the look, whatever it said then"
    )
    row = play(following, 0).observation.candidates[0][1]
    assert not row[now].any() and row[before][1] == 1, "back, with what it said then"


def test_a_judge_sees_follow_ups_that_were_asked_under_their_own_code(following):
    assert play(following, NONE, 0, NONE).features[0].tolist() == pytest.approx([0.0, 0.6, 0.0])
    following.reset()
    assert play(following, NONE, 0, 1, NONE).features[0].tolist() == pytest.approx([0.0, 0.6, 0.5])


def test_runs_end_and_others_begin(batch):
    game = VectorEnv(batch, RULES, 2, shuffled=False)
    game.reset()
    assert game.run.tolist() == [0, 1]
    over = [game.step(np.array([STOP, STOP])).run_over.tolist() for _ in range(3)]
    assert over == [[False, False], [False, True], [True, False]]
    assert game.run.tolist() == [1, 0]


def test_the_same_seed_and_choices_give_the_same(batch):
    def rollouts():
        game, draw = VectorEnv(batch, RULES, 4, seed=3), np.random.default_rng(0)
        game.reset()
        return [game.step(draw.integers(0, 4, 4)).observation.candidates for _ in range(20)]

    assert all(np.array_equal(a, b) for a, b in zip(rollouts(), rollouts(), strict=True))


def test_asking_everything_gives_the_features_of_a_whole_look():
    """A twin: what judges see of recorded looks, from the shipped table."""
    table = load()
    runs = table.runs["related"][:12]
    game = VectorEnv(RunBatch.of(runs, table.codes), Rules(1e6, 1e6), len(runs), shuffled=False)
    observation, found = game.reset(), {}
    for _ in range(600):
        turn = game.step(np.where(observation.open.any(1), observation.open.argmax(1), game.n_questions))
        for i in np.flatnonzero(turn.look_over):
            found[turn.run[i], turn.look[i]] = turn.features[i]
        observation = turn.observation
    assert len(found) == sum(len(run.looks) for run in runs)
    for (r, t), row in found.items():
        assert row.tolist() == pytest.approx(features(runs[r].looks[t].outcomes, table.codes), abs=1e-6)


@pytest.fixture
def sharing(make_run):
    """knowledge-gap at two blocks and latent-policy at one; the last two questions share a search of 3.0."""
    run = make_run("plain", [None, None, None], [None, None, None])
    shared = [(), (SEARCH,), (SEARCH,)]
    looks = tuple(
        replace(
            look,
            answers=tuple(
                replace(a, inquiry=replace(a.inquiry, shared=s))
                for a, s in zip(look.answers, shared, strict=True)
            ),
        )
        for look in run.looks
    )
    game = VectorEnv(RunBatch.of([replace(run, looks=looks)], CODES), Rules(6.0, 99.0), 1, shuffled=False)
    game.reset()
    return game


def test_shared_work_is_paid_once_a_look(sharing):
    """0.5 and 3.0, then 0.5; 2.0 are left, and 4.0 too dear; at the next look the search is paid again."""
    assert sharing.open().tolist() == [[True, True, False]]
    first, second = play(sharing, 1), play(sharing, 0)
    assert [float(turn.cost[0]) for turn in (first, second)] == [3.5, 0.5]
    assert second.look_over[0]
    assert float(play(sharing, 2).cost[0]) == 7.0


def test_what_it_shows_is_the_price_of_now(sharing):
    place = N_PLACE - 1
    before = sharing.reset().candidates[0, :, place]
    after = play(sharing, 1).observation.candidates[0, :, place]
    assert before.tolist() == pytest.approx([0.05, 0.35, 0.7])
    assert after.tolist() == pytest.approx([0.05, 0.05, 0.4])


def test_a_look_together_costs_what_it_costs_question_by_question(sharing):
    asked = np.array([[[True, True, True], [True, False, False]]])
    assert sharing.batch.whole(asked).tolist() == [[8.0, 0.5]]
