"""Distinct beginnings, padding, and what is left out."""

from __future__ import annotations

import torch

from forewarn.lenses.fitting.sample import Places, Prefixes, halves, places, read
from forewarn.lenses.settings import FitSettings

PLAIN = FitSettings()


def test_each_beginning_counts_once():
    seen = Prefixes()
    assert seen.add([5, 6, 7]) == [0, 1, 2]
    assert seen.add([5, 6, 8]) == [2]
    assert seen.add([6]) == [0]
    assert seen.add([5, 6]) == []


def test_places_are_those_of_a_slow_search():
    draw = torch.Generator().manual_seed(0)
    prompts = torch.randint(3, (40, 5), generator=draw).tolist()
    found = places(prompts, PLAIN, Prefixes(), 10**6)
    every = {tuple(p[: k + 1]) for p in prompts for k in range(5)}
    pairs = zip(found.prompts, found.positions, strict=True)
    kept = [p[: at + 1] for p, row in pairs for at in row]
    assert len(kept) == len(set(kept)) == len(every)
    assert set(kept) == every


def test_what_was_seen_is_not_held_out():
    seen = Prefixes()
    places([[1, 2, 3]], PLAIN, seen, 99)
    assert places([[1, 2, 4, 5], [1, 2, 3]], PLAIN, seen, 99) == Places(((1, 2, 4, 5),), ((2, 3),))


def test_padding_goes_from_both_ends_and_stays_inside():
    settings = FitSettings(padding=0)
    found = places([[0, 0, 7, 0, 8, 0], [0, 0], []], settings, Prefixes(), 99)
    assert found == Places(((7, 0, 8),), ((0, 1, 2),))


def test_first_positions_are_skipped():
    found = places([[1, 2, 3], [4]], FitSettings(skip_first=1), Prefixes(), 99)
    assert found == Places(((1, 2, 3),), ((1, 2),))


def test_too_many_positions_take_evenly_spaced_prompts():
    prompts = [[k, k, k] for k in range(20)]
    found = places(prompts, PLAIN, Prefixes(), 15)
    assert [p[0] for p in found.prompts] == [0, 4, 8, 12, 16]
    assert found.n == 15


def test_states_stand_beside_their_tokens(liar, text):
    where = places(text.prompts[:6], PLAIN, Prefixes(), 99)
    sample = read(liar, where, liar.sites)
    assert sample.n == where.n == sample.states.shape[1]
    k = 0
    for prompt, row in zip(where.prompts, where.positions, strict=True):
        for at in row:
            alone = liar.residuals([prompt], [at], sites=liar.sites)[:, 0]
            torch.testing.assert_close(sample.states[:, k], alone, rtol=1e-4, atol=1e-5)
            assert int(sample.tokens[k]) == prompt[at]
            k += 1


def test_halves_alternate():
    assert halves([[1], [2], [3]]) == ([[1], [3]], [[2]])
