"""What a descent may do: better on held-out states or nothing at all, at each site by itself."""

from __future__ import annotations

import torch

from forewarn.lenses.affine import Affines
from forewarn.lenses.descent import Descent, Judge, Maps
from forewarn.lenses.heads import RowsHead
from forewarn.lenses.settings import FitSettings

VOCAB, D = 20, 6
DRAW = torch.Generator().manual_seed(0)
ROWS = torch.randn(VOCAB, D, generator=DRAW)
TRUE = torch.eye(D) + 0.5 * torch.randn(2, D, D, generator=DRAW)


def head(states):
    """Wants what the planted maps of site 0 and 1 give (both sites hold states of the same outputs)."""
    logp = (states[0] @ TRUE[0].T @ ROWS.T).log_softmax(-1)
    p = logp.exp()
    return RowsHead(lambda x: x, ROWS, torch.zeros(VOCAB), p @ ROWS, (p * logp).sum(-1), p.mean(0))


def states(n, seed):
    first = torch.randn(n, D, generator=torch.Generator().manual_seed(seed))
    second = first @ TRUE[0].T @ torch.linalg.inv(TRUE[1]).T
    return torch.stack([first, second])


def descent(settings, held_out=None, steps=80):
    fitted, held = states(300, 1), states(60, 2) if held_out is None else held_out
    judge = Judge(head(held), held, None)
    eye = torch.eye(D).expand(2, D, D)
    return Descent(head(fitted), fitted, eye, fitted.mean(1), judge, settings, steps), judge


def identity():
    return Maps(Affines.identity(2, D), torch.ones(2))


def run(settings, seed=0, **more):
    made, judge = descent(settings, **more)
    return made.run(identity(), torch.Generator().manual_seed(seed)), judge


def test_planted_maps_are_found():
    found, judge = run(FitSettings(rate=0.05, decay=0.0), steps=300)
    before, after = judge(identity()), judge(found)
    assert bool((after < 0.05 * before).all())


def test_batches_and_sampled_rows_get_there_too():
    found, judge = run(FitSettings(rate=0.05, decay=0.0, batch=64, rows=15), steps=300)
    assert bool((judge(found) < 0.2 * judge(identity())).all())


def test_what_is_no_better_on_held_out_states_is_not_taken():
    made, _ = descent(FitSettings())
    shuffled = states(60, 2)
    judge = Judge(head(shuffled.flip(1)), shuffled, None)
    kept = Descent(made.head, made.states, made.whitener, made.centre, judge, made.settings, made.steps)
    found = kept.run(identity(), torch.Generator().manual_seed(0))
    assert bool((judge(found) <= judge(identity())).all())


def test_a_site_is_fitted_by_itself():
    both, _ = run(FitSettings())
    made, judge = descent(FitSettings())
    alone = Descent(
        made.head,
        made.states[1:],
        made.whitener[1:],
        made.centre[1:],
        Judge(judge.head, judge.states[1:], None),
        made.settings,
        made.steps,
    ).run(Maps(Affines.identity(1, D), torch.ones(1)), torch.Generator().manual_seed(0))
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
    _, judge = descent(FitSettings())
    broken = Maps(Affines(torch.full((2, D, D), torch.nan), torch.zeros(2, D)), torch.ones(2))
    assert torch.equal(judge.best([identity(), broken]).affines.weight, identity().affines.weight)


def test_mixing_goes_between_maps_and_between_logarithms_of_beta():
    a, b = identity(), Maps(Affines.identity(2, D), torch.full((2,), 4.0))
    torch.testing.assert_close(a.mixed(0.5, b).beta, torch.full((2,), 2.0))
