from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from safetensors.numpy import save

from forewarn.errors import StoreError
from forewarn.judges.features import features
from forewarn.lab.evaluation.shipped import load
from forewarn.lab.population.table import Table


@pytest.fixture(scope="module")
def table(recorded):
    """Figures are halves and quarters, so that 32 bits hold them whole."""
    truths = {"plain-0": {}, "pair-0": {"deceptive": True, "kind": "pair", "onset": 20}}
    at = {
        level: tuple(recorded.run(name, lows, **changes) for name, changes in truths.items())
        for level, lows in {"related": (0.25, 0.5), "unseen": (0.0, 0.125)}.items()
    }
    return Table(recorded.CODES, at, ("pair-9",), "forewarn organisms record DIR --out FILE")


def close(one, other):
    """Equal but for the last bits of figures that 32 bits cannot hold."""
    return repr(json.loads(_plain(one))) == repr(json.loads(_plain(other)))


def _plain(table):
    def cut(value):
        if isinstance(value, float):
            return float(np.float32(value))
        if hasattr(value, "__dataclass_fields__"):
            return {name: cut(getattr(value, name)) for name in value.__dataclass_fields__}
        if isinstance(value, dict):
            return {k: cut(v) for k, v in value.items()}
        return [cut(v) for v in value] if isinstance(value, (list, tuple)) else value

    return json.dumps(cut(table))


def test_a_table_is_read_as_it_was_saved(table, tmp_path):
    table.save(tmp_path / "t")
    found = Table.load(tmp_path / "t")
    assert close(found, table)
    assert (found.codes, found.discarded, found.command) == (table.codes, table.discarded, table.command)
    assert found.runs["related"][1].truth == table.runs["related"][1].truth


def test_levels_hold_looks_of_their_own(table, tmp_path):
    table.save(tmp_path / "t")
    found = Table.load(tmp_path / "t").runs
    assert list(found) == ["related", "unseen"]
    seen = {level: features(runs[0].looks[1].outcomes, table.codes) for level, runs in found.items()}
    assert seen == {"related": (0.0, 0.25, 0.5), "unseen": (0.0, 0.0625, 0.125)}


def test_the_digest_names_the_file_and_the_same_table_has_the_same(table, tmp_path):
    one, other = table.save(tmp_path / "one"), table.save(tmp_path / "other")
    assert one == other == hashlib.sha256((tmp_path / "one").read_bytes()).hexdigest()
    again = Table.load(tmp_path / "one").save(tmp_path / "again")
    assert again == one


def test_another_look_gives_another_digest(table, recorded, tmp_path):
    runs = tuple(recorded.run(r.truth.name, (0.25, 0.75)) for r in table.runs["related"])
    other = Table(table.codes, {"related": runs}, table.discarded, table.command)
    assert other.save(tmp_path / "a") != table.save(tmp_path / "b")


def test_a_table_without_runs_can_be_saved(recorded, tmp_path):
    """Where nobody holds the behaviour."""
    empty = Table(recorded.CODES, {"related": ()}, ("pair-0-pair",), "how")
    empty.save(tmp_path / "t")
    assert Table.load(tmp_path / "t") == empty


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b"not at all a table",
        b'{"codes": []}',
        save({"a": np.zeros(3)}),
        save({"a": np.zeros(3)}, metadata={"forewarn": "{"}),
    ],
    ids=["missing", "empty", "text", "json", "other tensors", "broken header"],
)
def test_what_is_no_table_is_refused(raw, tmp_path):
    path = tmp_path / "t"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(StoreError, match="no recorded table can be read here") as caught:
        Table.load(path)
    assert str(path) in str(caught.value)


def test_a_table_that_was_cut_off_is_refused(table, tmp_path):
    table.save(tmp_path / "t")
    raw = (tmp_path / "t").read_bytes()
    (tmp_path / "t").write_bytes(raw[:-10])
    with pytest.raises(StoreError, match="no recorded table can be read here"):
        Table.load(tmp_path / "t")


def test_another_format_is_refused(tmp_path):
    (tmp_path / "t").write_bytes(save({"a": np.zeros(3)}, metadata={"forewarn": '{"format": 9}'}))
    with pytest.raises(StoreError, match="wanted format 4, found 9"):
        Table.load(tmp_path / "t")


def test_a_level_may_hold_some_of_the_runs(tmp_path):
    runs = load().runs["related"][:5]
    table = Table(load().codes, {"related": runs, "unseen": (runs[3], runs[1])}, (), "how")
    table.save(tmp_path / "t")
    found = Table.load(tmp_path / "t")
    assert [run.truth for run in found.runs["unseen"]] == [runs[3].truth, runs[1].truth]
    assert [run.truth for run in found.runs["related"]] == [run.truth for run in runs]
    assert [len(run.looks) for run in found.runs["unseen"]] == [len(runs[3].looks), len(runs[1].looks)]
