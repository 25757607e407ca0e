"""How many steps and sites at a time; starts, sharpness and mixtures decided by held-out states."""

from __future__ import annotations

import pytest
import torch

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.descent import HeldOutLoss, LensMaps
from forewarn.lenses.fitting.lens_task import FEWEST, LensTask, group_size, steps_for
from forewarn.lenses.fitting.losses import CHUNK, MatrixLoss
from forewarn.lenses.settings import FitSettings

D, VOCAB = 6, 20
DRAW = torch.Generator().manual_seed(0)
ROWS, TRUE = torch.randn(VOCAB, D, generator=DRAW), torch.randn(D, D, generator=DRAW)


def loss(states, vocab=VOCAB):
    rows = ROWS if vocab == VOCAB else torch.randn(vocab, D, generator=torch.Generator().manual_seed(1))
    logp = (states[0] @ TRUE.T @ rows.T).log_softmax(-1)
    p = logp.exp()
    return MatrixLoss(lambda x: x, rows, torch.zeros(vocab), p @ rows, (p * logp).sum(-1), p.mean(0))


PLAIN = FitSettings()


def task(settings=PLAIN, vocab=VOCAB, sharpens=False):
    draw = torch.Generator().manual_seed(2)
    fitted, held = torch.randn(1, 40, D, generator=draw), torch.randn(1, 80, D, generator=draw)
    eye, nothing = torch.eye(D)[None], torch.zeros(1, D)
    return LensTask(
        loss(fitted, vocab), fitted, loss(held, vocab), held, eye, nothing, settings, 20, sharpens
    )


def maps(weight=None, beta=1.0):
    weight = torch.eye(D) if weight is None else weight
    return LensMaps(Affines(weight[None], torch.zeros(1, D)), torch.full((1,), beta))


def judged(made, found):
    return float(HeldOutLoss(made.held_loss, made.held_states, None)(found))


def test_a_fit_is_at_least_as_good_as_every_start():
    made = task()
    starts = [maps(), maps(0.5 * TRUE), maps(-TRUE)]
    found = made.fit(starts, maps())
    assert judged(made, found) <= min(judged(made, s) for s in starts)


def test_a_start_that_is_right_already_stays():
    made = task()
    found = made.fit([maps(), maps(TRUE)])
    assert torch.equal(found.affines.weight[0], TRUE)


def test_a_second_descent_and_mixtures_can_only_help():
    made = task()
    one, two = made.fit([maps()]), made.fit([maps()], maps(0.7 * TRUE))
    assert judged(made, two) < judged(made, one)


def test_of_a_large_vocabulary_there_is_one_descent():
    settings = FitSettings(rows=30)
    made = task(settings, vocab=200)
    assert torch.equal(made.fit([maps()], maps(TRUE)).affines.weight, made.fit([maps()]).affines.weight)


def test_sharpness_is_tried_before_the_descent():
    made = task(FitSettings(steps=0))
    still = LensTask(
        made.loss, made.states, made.held_loss, made.held_states, made.whitener, made.centre, made.settings, 0
    )
    found = still.fit([maps(TRUE / 4)], betas=(0.5, 4.0))
    assert float(found.beta) == 4.0
    assert judged(made, found) == pytest.approx(0.0, abs=1e-4)


def test_work_limits_steps_and_no_clock_is_asked():
    made = loss(torch.zeros(1, 2, D))
    settings = FitSettings(steps=50)
    assert steps_for(made, 9, 10**6, 64, settings) == 50
    assert steps_for(made, 61, 10**6, 4096, settings) == FEWEST
    per_step = 10 * settings.batch * 64 * (6 * VOCAB + 8 * 64)
    assert steps_for(made, 10, 10**6, 64, FitSettings(work=20.5 * per_step)) == 20


def test_sites_at_once_keep_blocks_of_logits_small():
    made = loss(torch.zeros(1, 2, D), vocab=500)
    settings = FitSettings(batch=128, rows=100)
    assert group_size(made, settings) * 128 * 100 <= CHUNK
    assert group_size(made, FitSettings(batch=10**9)) == 1
