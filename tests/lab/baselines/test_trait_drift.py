from __future__ import annotations

import pytest
import torch

from forewarn.lab.baselines.reading import audited
from forewarn.lab.baselines.statements import statements
from forewarn.lab.baselines.trait_drift import TraitDrift


class Moved:
    """The inputs of a probe whose subject's states at every site are moved along some vectors."""

    def __init__(self, inner, by):
        self.inner, self.by = inner, by

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def once(self, key, make):
        found = self.inner.once(key, make)
        return found + self.by[:, None] if key[1] == "audited" else found


def test_a_move_along_the_trait_is_told_in_the_references_spread(trained_liar):
    inputs = trained_liar.inputs()
    split = inputs.audit_set.split()
    found = statements(inputs, split.explore, (1,))
    trait = found.false_ones[0].mean(0) - found.true_ones[0].mean(0)
    trait = trait / trait.norm()
    unit = float((audited(inputs, 1) @ trait).std(correction=0))
    for size in (-2.0, 3.0):
        by = (size * unit * trait).expand(inputs.subject.n_layers + 1, -1)
        drift = TraitDrift().measure(Moved(inputs, by), inputs, split)
        assert drift[:2] == pytest.approx([size, size])


def test_a_move_across_the_trait_is_none(trained_liar):
    inputs = trained_liar.inputs()
    split = inputs.audit_set.split()
    found = statements(inputs, split.explore, (1,))
    trait = found.false_ones[0].mean(0) - found.true_ones[0].mean(0)
    across = torch.randn(len(trait), generator=torch.Generator().manual_seed(0), dtype=trait.dtype)
    across -= (across @ trait) / (trait @ trait) * trait
    drift = TraitDrift().measure(Moved(inputs, 10 * across.expand(3, -1)), inputs, split)
    assert drift[0] == pytest.approx(0.0, abs=1e-6)


def test_one_figure_a_depth():
    assert TraitDrift.figures == ("drift at 1/4", "drift at 1/2", "drift at 3/4")
