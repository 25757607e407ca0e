from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forewarn.errors import StoreError
from forewarn.store.digest import (
    canonical,
    file_digest,
    is_digest,
    snapshot_digest,
    tensor_header,
    text_digest,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda held: st.lists(held, max_size=4) | st.dictionaries(st.text(), held, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_canonical_keeps_the_value_and_is_a_fixed_point(value: object) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert text.isascii() and "\n" not in text


def test_canonical_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": [1, 2]}) == canonical({"a": [1, 2], "b": 1}) == '{"a":[1,2],"b":1}'


@pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, b"raw", object()])
def test_canonical_refuses_what_json_cannot_hold(value: object) -> None:
    with pytest.raises(StoreError, match="cannot be written as JSON"):
        canonical(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0" * 64, True),
        ("a1" * 32, True),
        ("A1" * 32, False),
        ("0" * 63, False),
        ("0" * 64 + "\n", False),
        ("../" + "0" * 61, False),
        ("\u0660" * 64, False),
        (7, False),
    ],
)
def test_is_digest(text: object, expected: bool) -> None:
    assert is_digest(text) is expected


def test_file_and_text_agree_with_hashlib(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text")
    assert file_digest(tmp_path / "a") == text_digest("text") == hashlib.sha256(b"text").hexdigest()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no file"):
        file_digest(tmp_path / "none")


def test_snapshot_digest_tells_names_tensors_and_aliases_apart() -> None:
    base = snapshot_digest({"a": "1", "b": "2"}, {"c": "a"})
    assert base == snapshot_digest({"b": "2", "a": "1"}, {"c": "a"})
    others = [
        ({"a": "1", "b": "2"}, {}),
        ({"a": "2", "b": "1"}, {"c": "a"}),
        ({"a": "1", "x": "2"}, {"c": "a"}),
    ]
    assert base not in {snapshot_digest(tensors, aliases) for tensors, aliases in others}


def test_tensor_header_tells_shapes_apart() -> None:
    assert tensor_header("int8", (2, 3)) != tensor_header("int8", (3, 2)) != tensor_header("uint8", (3, 2))
