from __future__ import annotations

from forewarn.lab.baselines.catalogue import baselines


def test_the_order_is_that_of_tables():
    assert [b.name for b in baselines()] == [
        "behaviour",
        "linear-probe",
        "trait-drift",
        "mahalanobis",
        "weight-spectra",
        "weights",
        "queries",
        "unrelated-concept",
        "random-direction",
        "bag-of-words",
    ]
