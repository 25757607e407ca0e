from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from forewarn.lab.baselines.changed_weights import ChangedTensor, changed_weights
from forewarn.lab.baselines.weight_quantiles import QUANTILES, WeightQuantiles, unit_of


def test_quantiles_are_pooled_over_standardised_differences(case):
    now, reference = case("gpt2")
    found = WeightQuantiles().measure(now, reference, now.audit_set.split())
    pooled = [
        c.difference.abs().numpy().ravel() / c.then.std(correction=0).item()
        for c in changed_weights(now, reference)
        if c.kind == "matrix"
    ]
    expected = np.quantile(np.concatenate(pooled), QUANTILES)
    assert found[8:16] == pytest.approx(expected.tolist())
    assert list(found[8:16]) == sorted(found[8:16])


def test_a_kind_that_the_model_lacks_is_nan(case):
    now, reference = case("planted")
    found = WeightQuantiles().measure(now, reference, now.audit_set.split())
    assert all(map(math.isfinite, found[:16]))
    assert all(map(math.isnan, found[16:]))


@pytest.mark.parametrize(
    ("values", "unit"), [([1.0, 3.0], 1.0), ([2.0, 2.0], 2.0), ([0.0, 0.0], 0.0), ([5.0], 5.0)]
)
def test_a_tensor_has_a_unit_unless_it_is_zero(values, unit):
    then = torch.tensor(values, dtype=torch.float64)
    assert unit_of(ChangedTensor("vector", then, then)) == unit
