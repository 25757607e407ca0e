"""What a descent may do: better on held-out states or nothing at all, at each site by itself."""

from __future__ import annotations

import torch

from forewarn.lenses.affine import Affines
from forewarn.lenses.fitting.descent import Descent, HeldOutLoss, LensMaps
from forewarn.lenses.fitting.losses import MatrixLoss
from forewarn.lenses.settings import FitSettings

VOCAB, D = 20, 6
DRAW = torch.Generator().manual_seed(0)
ROWS = torch.randn(VOCAB, D, generator=DRAW)
TRUE = torch.eye(D) + 0.5 * torch.randn(2, D, D, generator=DRAW)


def loss(states):
    """Wants what the planted maps of site 0 and 1 give (both sites hold states of the same outputs)."""
    logp = (states[0] @ TRUE[0].T @ ROWS.T).log_softmax(-1)
    p = logp.exp()
    return MatrixLoss(lambda x: x, ROWS, torch.zeros(VOCAB), p @ ROWS, (p * logp).sum(-1), p.mean(0))


def states(n, seed):
    first = torch.randn(n, D, generator=torch.Generator().manual_seed(seed))
    second = first @ TRUE[0].T @ torch.linalg.inv(TRUE[1]).T
    return torch.stack([first, second])


def descent(settings, held_out=None, steps=80):
    fitted, held = states(300, 1), states(60, 2) if held_out is None else held_out
    held_out = HeldOutLoss(loss(held), held, None)
    eye = torch.eye(D).expand(2, D, D)
    return Descent(loss(fitted), fitted, eye, fitted.mean(1), held_out, settings, steps), held_out


def identity():
    return LensMaps(Affines.identity(2, D), torch.ones(2))


def run(settings, seed=0, **more):
    made, held_out = descent(settings, **more)
    return made.run(identity(), torch.Generator().manual_seed(seed)), held_out


def test_planted_maps_are_found():
    found, held_out = run(FitSettings(rate=0.05, decay=0.0), steps=300)
    before, after = held_out(identity()), held_out(found)
    assert bool((after < 0.05 * before).all())


def test_batches_and_sampled_rows_get_there_too():
    found, held_out = run(FitSettings(rate=0.05, decay=0.0, batch=64, rows=15), steps=300)
    assert bool((held_out(found) < 0.2 * held_out(identity())).all())


def test_what_is_no_better_on_held_out_states_is_not_taken():
    made, _ = descent(FitSettings())
    shuffled = states(60, 2)
    held_out = HeldOutLoss(loss(shuffled.flip(1)), shuffled, None)
    kept = Descent(made.loss, made.states, made.whitener, made.centre, held_out, made.settings, made.steps)
    found = kept.run(identity(), torch.Generator().manual_seed(0))
    assert bool((held_out(found) <= held_out(identity())).all())


def test_a_site_is_fitted_by_itself():
    both, _ = run(FitSettings())
    made, held_out = descent(FitSettings())
    alone = Descent(
        made.loss,
        made.states[1:],
        made.whitener[1:],
        made.centre[1:],
        HeldOutLoss(held_out.loss, held_out.states[1:], None),
        made.settings,
        made.steps,
    ).run(LensMaps(Affines.identity(1, D), torch.ones(1)), torch.Generator().manual_seed(0))
    torch.testing.assert_close(alone.affines.weight[0], both.affines.weight[1], rtol=1e-4, atol=1e-5)


def test_the_same_seed_gives_the_same_bits_and_the_process_keeps_its_own():
    state = torch.get_rng_state()
    settings = FitSettings(batch=32, rows=10)
    one, two, other = (run(settings, seed)[0].affines.weight for seed in (4, 4, 5))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_decay_pulls_to_the_start():
    free, _ = run(FitSettings(decay=0.0))
    tied, _ = run(FitSettings(decay=30.0))
    eye = torch.eye(D)
    assert float((tied.affines.weight - eye).norm()) < 0.7 * float((free.affines.weight - eye).norm())


def test_the_best_of_candidates_never_holds_a_loss_that_is_not_finite():
    _, held_out = descent(FitSettings())
    broken = LensMaps(Affines(torch.full((2, D, D), torch.nan), torch.zeros(2, D)), torch.ones(2))
    assert torch.equal(held_out.best([identity(), broken]).affines.weight, identity().affines.weight)


def test_mixing_goes_between_maps_and_between_logarithms_of_beta():
    a, b = identity(), LensMaps(Affines.identity(2, D), torch.full((2,), 4.0))
    torch.testing.assert_close(a.mixed(0.5, b).beta, torch.full((2,), 2.0))
