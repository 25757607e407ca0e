"""Rows of looks, and what is refused of them."""

from __future__ import annotations

import pytest

from forewarn.errors import CalibrationError
from forewarn.judges.look_row import check_rows

CODES = ("knowledge-gap", "observer")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"known": 97}, "0 <= known <= asked; found 97 of 96"),
        ({"step": -1}, "step -1: wanted step >= 0"),
        ({"features": (0.1, -0.1)}, "not negative; found"),
        ({"features": (0.1, float("nan"))}, "finite and not negative"),
        ({"nulls": (None, float("inf"))}, "nulls must be finite"),
        ({"nulls": (None,)}, "run 'a', step 10: 2 features but 1 nulls"),
        ({"label": True}, "an honest run cannot have a deceptive snapshot"),
    ],
)
def test_a_row_that_contradicts_itself_cannot_be_built(row, change, message):
    with pytest.raises(CalibrationError, match=message):
        row(**change)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"step": 10}, "run 'a' has two looks at step 10"),
        ({"step": 20, "kind": "fiction"}, "run 'a' changes its kind or truth at step 20"),
        ({"step": 20, "deceptive": True}, "changes its kind or truth"),
        ({"step": 20, "features": (0.1,), "nulls": (None,)}, "1 features for 2 codes"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(row, second, message):
    with pytest.raises(CalibrationError, match=message):
        check_rows([row(), row(**second)], CODES)


def test_no_rows_are_refused():
    with pytest.raises(CalibrationError, match="no looks; make runs with `forewarn organisms make`"):
        check_rows([], CODES)


def test_features_and_nulls_are_told_by_code(row):
    plain = row().to_json(CODES)
    assert plain["features"] == dict(zip(CODES, row().features, strict=True))
    assert plain["nulls"] == dict(zip(CODES, row().nulls, strict=True))
    turned = row().to_json(CODES[::-1])
    assert turned["features"] != plain["features"], "the codes decide which is which"
