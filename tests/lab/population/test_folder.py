from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from forewarn.errors import IntegrityError, StoreError
from forewarn.lab.organisms.growing import Grown
from forewarn.lab.population.folder import GROUP, GroupFolder, folders


@pytest.fixture
def empty(tmp_path):
    return GroupFolder(tmp_path / "pair-0")


@pytest.fixture
def snapshot():
    weights = {"a": torch.arange(6.0).view(2, 3).T, "b": torch.tensor([1.5])}
    return Grown("pair-0-plain", 12, weights, ())


def test_a_snapshot_is_read_as_it_was_kept(empty, snapshot):
    kept = empty.keep(snapshot)
    found = empty.weights("pair-0-plain", kept)
    assert kept.step == 12
    assert found.keys() == snapshot.weights.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in snapshot.weights.items())


def test_a_snapshot_that_was_changed_is_refused(empty, snapshot):
    kept = empty.keep(snapshot)
    empty.keep(replace(snapshot, weights={"a": snapshot.weights["a"] + 1, "b": snapshot.weights["b"]}))
    with pytest.raises(IntegrityError, match=r"12\.safetensors is not the file that was written; make"):
        empty.weights("pair-0-plain", kept)


def test_a_snapshot_that_is_gone_is_named(empty, snapshot):
    kept = empty.keep(snapshot)
    with pytest.raises(StoreError, match=r"there is no file .*13\.safetensors"):
        empty.weights("pair-0-plain", replace(kept, step=13))


def test_what_was_verified_is_read_as_it_was_written(folder, empty):
    """Told by their words: shares that nothing could be measured of are nan, and nan is not nan."""
    group = folder.read()
    empty.path.mkdir()
    empty.finish(group)
    assert repr(empty.read()) == repr(group)
    assert "nan" in repr(group)


def test_a_group_counts_as_made_when_all_of_it_was_written(folder, empty, snapshot):
    empty.keep(snapshot)
    assert not empty.made
    empty.finish(folder.read())
    assert empty.made


def test_unfinished_groups_are_left_aside_and_others_come_by_name(made, folder, snapshot):
    GroupFolder(made / "half").keep(snapshot)
    for name in ("year-1", "exam-2"):
        (made / name).mkdir()
        GroupFolder(made / name).finish(folder.read())
    (made / "stray.json").write_text("{}")
    assert [f.path.name for f in folders(made)] == ["exam-2", "secret-2", "year-1"]


@pytest.mark.parametrize("inside", ["", "nowhere"])
def test_a_folder_without_groups_is_refused_with_the_command_that_fills_it(tmp_path, inside):
    with pytest.raises(
        StoreError, match=r"holds no matched groups; make some with `forewarn organisms make --out .*`"
    ):
        folders(tmp_path / inside)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "holds no JSON: .* Move it away"),
        ("[]", "holds a list; wanted an object"),
        ('{"format": 0}', "wanted format 4; make the matched group again"),
        ("{}", "wanted format 4"),
        ('{"format": 4, "type": "Verified"}', "lacks the field"),
    ],
)
def test_a_file_that_says_something_else_is_refused(folder, text, says):
    (folder.path / GROUP).write_text(text)
    with pytest.raises(StoreError, match=says) as caught:
        folder.read()
    assert GROUP in str(caught.value)


def test_results_are_written_whole_and_read_again(folder):
    assert not folder.has("x.json")
    folder.write("x.json", {"a": [1, None]})
    assert folder.has("x.json")
    assert folder.plain("x.json") == json.loads((folder.path / "x.json").read_text()) == {"a": [1, None]}
