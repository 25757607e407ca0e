"""Affine maps against their formula, one at a time."""

from __future__ import annotations

import torch

from forewarn.lenses.affine import Affine, Affines


def maps(seed, sites=3, e=4, d=5):
    draw = torch.Generator().manual_seed(seed)
    return Affines(torch.randn(sites, e, d, generator=draw), torch.randn(sites, e, generator=draw))


def test_an_affine_map_is_its_formula():
    one, h = maps(0)[1], torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(9))
    wanted = torch.stack([torch.stack([one.weight @ x + one.bias for x in row]) for row in h])
    torch.testing.assert_close(one(h), wanted)


def test_all_sites_at_once_is_each_site_alone():
    many, states = maps(1), torch.randn(3, 6, 5, generator=torch.Generator().manual_seed(2))
    wanted = torch.stack([many[i](states[i]) for i in range(3)])
    torch.testing.assert_close(many(states), wanted)


def test_states_keep_their_dtype():
    one = Affine(torch.eye(2), torch.ones(2))
    assert one(torch.zeros(3, 2, dtype=torch.float64)).dtype == torch.float64


def test_choice_and_mixture_are_by_site():
    a, b = maps(3), maps(4)
    chosen = a.where(torch.tensor([True, False, True]), b)
    assert torch.equal(chosen.weight[1], b.weight[1])
    assert torch.equal(chosen.bias[2], a.bias[2])
    torch.testing.assert_close(a.mixed(0.25, b).bias, 0.25 * a.bias + 0.75 * b.bias)


def test_the_identity_changes_nothing_and_parts_join():
    states = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(5))
    assert torch.equal(Affines.identity(2, 4)(states), states)
    a = maps(6)
    joined = Affines.joined([a.at([2]), a.at(slice(0, 1))])
    assert len(joined) == 2
    assert torch.equal(joined.weight[0], a.weight[2])
