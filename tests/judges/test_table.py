"""The table of looks: there and back, and what is refused."""

from __future__ import annotations

import json

import pytest

from forewarn.errors import CalibrationError
from forewarn.judges import read_table, write_table

CODES = ("knowledge-gap", "observer")


def test_a_table_comes_back_as_it_went(tmp_path, row):
    rows = (row(), row(step=20, complete=False), row(run="ü b", kind="liar", deceptive=True, label=None))
    write_table(tmp_path / "looks.jsonl", rows, CODES)
    assert read_table(tmp_path / "looks.jsonl", CODES) == rows


def test_features_go_by_code_and_not_by_place(tmp_path, row):
    write_table(tmp_path / "looks.jsonl", [row()], CODES)
    (found,) = read_table(tmp_path / "looks.jsonl", CODES[::-1])
    assert (found.features, found.nulls) == ((0.1, 0.0), (0.05, None))


def test_a_table_of_other_probes_is_refused_with_the_line(tmp_path, row):
    write_table(tmp_path / "looks.jsonl", [row()], CODES)
    with pytest.raises(
        CalibrationError, match=r"line 1, features: missing fields \['withheld-answer'\], unknown fields"
    ):
        read_table(tmp_path / "looks.jsonl", ("knowledge-gap", "withheld-answer"))


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
def test_rows_that_contradict_each_other_are_not_written(tmp_path, row, second, message):
    with pytest.raises(CalibrationError, match=message):
        write_table(tmp_path / "looks.jsonl", [row(), row(**second)], CODES)
    assert not (tmp_path / "looks.jsonl").exists()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("run", 3, "'run' must be a string; found 3"),
        ("step", 1.5, "'step' must be a whole number of at least 0; found 1.5"),
        ("step", True, "found True"),
        ("deceptive", "no", "'deceptive' must be true or false; found 'no'"),
        ("label", 0, "'label' must be true or false; found 0"),
        ("features", [0.1, 0.2], "features: wanted a JSON object; found list"),
        (
            "features",
            {"knowledge-gap": None, "observer": 0.1},
            "'knowledge-gap' must be a finite number; found None",
        ),
        (
            "nulls",
            {"knowledge-gap": "x", "observer": 0.1},
            "'nulls' must be a list of finite numbers and nulls",
        ),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused_with_line_and_field(tmp_path, row, field, value, message):
    lines = [
        json.dumps(row(step=step).to_json(CODES) | extra) for step, extra in [(1, {}), (2, {field: value})]
    ]
    (tmp_path / "looks.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(CalibrationError, match=rf"looks.jsonl, line 2.*{message}"):
        read_table(tmp_path / "looks.jsonl", CODES)


@pytest.mark.parametrize("text", ["{", "[]", "\n", '{"run": NaN}', "{}", '{"run": "a", "extra": 1}'])
def test_a_line_that_is_no_row_is_refused(tmp_path, text):
    (tmp_path / "looks.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(CalibrationError, match=r"line 1: (not JSON|wanted a JSON object|missing fields)"):
        read_table(tmp_path / "looks.jsonl", CODES)


def test_no_table_and_an_empty_one_are_refused(tmp_path):
    with pytest.raises(CalibrationError, match="no table of looks can be read here"):
        read_table(tmp_path / "absent.jsonl", CODES)
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(CalibrationError, match="empty; make runs with `forewarn organisms make`"):
        read_table(tmp_path / "empty.jsonl", CODES)
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CalibrationError, match="no table of looks can be read here"):
        read_table(tmp_path / "binary.jsonl", CODES)
