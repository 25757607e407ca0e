from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import kurtosis

from forewarn.lab.baselines.changed_weights import ChangedTensor
from forewarn.lab.baselines.weight_spectra import WeightSpectra, shape_of


def changed(difference, then=None):
    then = torch.ones_like(difference) if then is None else then
    return ChangedTensor("matrix", then.double(), difference.double())


@pytest.mark.parametrize("shape", [(6, 9), (9, 6), (1, 5)])
def test_the_shape_is_that_of_the_singular_values(shape):
    difference = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    energy = np.linalg.svd(difference.numpy(), compute_uv=False) ** 2
    share = energy / energy.sum()
    expected = (
        math.sqrt(energy.sum() / difference.numel()),
        share.max(),
        math.exp(-(share * np.log(share)).sum()) / min(shape),
        kurtosis(difference.numpy().ravel()),
    )
    assert shape_of(changed(difference)) == pytest.approx(expected)


def test_one_direction_and_all_directions():
    one = torch.outer(torch.arange(1.0, 5), torch.arange(1.0, 4))
    assert shape_of(changed(one))[1:3] == pytest.approx((1.0, 1 / 3), abs=1e-6)
    assert shape_of(changed(torch.eye(5)))[1:3] == pytest.approx((1 / 5, 1.0))


def test_what_has_not_changed_has_no_shape():
    assert shape_of(changed(torch.zeros(3, 4))) == (0.0, 0.0, 0.0, 0.0)


def test_a_reference_of_zeros_has_no_size():
    assert math.isnan(shape_of(changed(torch.eye(3), torch.zeros(3, 3)))[0])


def test_groups_are_places(case):
    """Only the last block's matrices move: of four groups one is not 0."""
    now, reference = case("liar")
    moved, last = now.once(("baselines", "tensors"), now.subject.tensors), "layers.1.mlp.down_proj.weight"
    still = {k: v.clone() for k, v in moved.items()}
    name = next(n for n in still if n.endswith(last))
    still[name] += 0.1
    reference.once(("baselines", "tensors"), lambda: still)
    found = np.array(WeightSpectra().measure(now, reference, now.audit_set.split())).reshape(4, 4)
    assert (found[:, 0] > 0).tolist() == [False, False, False, True]
