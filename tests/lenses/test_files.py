"""Lenses on disk: the same back, and whatever was altered is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from forewarn.errors import IntegrityError, StoreError
from forewarn.lenses.files import KEY, MAPS, load, save


@pytest.fixture
def stored(liar_lenses, tmp_path):
    path = tmp_path / "lenses" / "a.safetensors"
    save(path, liar_lenses)
    return path


def rewritten(path, about=None, tensors=None):
    """The file again with some of its metadata or tensors changed."""
    with safe_open(path, framework="pt") as file:
        held, said = {k: file.get_tensor(k) for k in file.keys()}, json.loads(file.metadata()[KEY])  # noqa: SIM118
    held, said = (tensors or (lambda t: t))(held), (about or (lambda a: a))(said)
    save_file(held, path, metadata={KEY: json.dumps(said)})


def test_what_was_saved_is_loaded(stored, liar_lenses):
    found = load(stored, liar_lenses.readout)
    for name in MAPS:
        assert torch.equal(getattr(found, name).weight, getattr(liar_lenses, name).weight)
        assert torch.equal(getattr(found, name).bias, getattr(liar_lenses, name).bias)
    assert torch.equal(found.embedding, liar_lenses.embedding)
    assert torch.equal(found.betas, liar_lenses.betas)
    for name in ("sites", "digest", "readout", "tokens", "quality"):
        assert getattr(found, name) == getattr(liar_lenses, name)


def test_saving_twice_gives_the_same_bytes(stored, liar_lenses, tmp_path):
    again = tmp_path / "again.safetensors"
    save(again, liar_lenses)
    assert again.read_bytes() == stored.read_bytes()
    assert [p.name for p in stored.parent.iterdir()] == [stored.name]


def test_lenses_for_another_readout_are_refused(stored, liar_lenses):
    with pytest.raises(
        IntegrityError, match=rf"lenses for the readout {liar_lenses.readout[:12]}.*are {'f' * 12}"
    ):
        load(stored, "f" * 64)


def without(name):
    return lambda held: {k: v for k, v in held.items() if k != name}


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        (without("betas"), "a lens set is"),
        (lambda held: {**held, "more": torch.zeros(1)}, "'more'"),
        (
            lambda held: {**held, "betas": held["betas"][:-1].clone()},
            r"'betas' is F32 \[4\]; wanted F32 \[5\]",
        ),
        (lambda held: {**held, "betas": held["betas"].double()}, r"'betas' is F64 \[5\]; wanted F32"),
        (lambda held: {**held, "betas": held["betas"] + 1}, "'betas' is not what was written"),
    ],
)
def test_other_tensors_are_refused(stored, tensors, said):
    rewritten(stored, tensors=tensors)
    with pytest.raises(IntegrityError, match=said):
        load(stored)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 1}, "format 1; this version reads format 2"),
        ({"sites": ["1", "0"]}, "nothing sound"),
        ({"sites": []}, "nothing sound"),
        ({"sites": ["x"]}, "nothing sound"),
        ({"width": -1}, "nothing sound"),
        ({"width": True}, "nothing sound"),
        ({"width": 10**9}, "wanted F32"),
        ({"quality": [{"site": "0"}]}, "nothing sound"),
        ({"sha256": {}}, "digest differs"),
        ({"readout": 3}, "nothing sound"),
    ],
)
def test_other_metadata_are_refused(stored, change, said):
    rewritten(stored, about=lambda about: {**about, **change})
    with pytest.raises(IntegrityError, match=said):
        load(stored)


def test_files_of_another_kind_are_refused(tmp_path, stored):
    with pytest.raises(IntegrityError, match="missing or no regular file"):
        load(tmp_path / "none.safetensors")
    link = tmp_path / "link.safetensors"
    link.symlink_to(stored)
    with pytest.raises(IntegrityError, match="no regular file"):
        load(link)
    junk = tmp_path / "junk.safetensors"
    junk.write_bytes(b"\x80\x04pickle")
    with pytest.raises(IntegrityError, match="no safetensors file"):
        load(junk)
    bare = tmp_path / "bare.safetensors"
    save_file({"x": torch.zeros(1)}, bare)
    with pytest.raises(IntegrityError, match="nothing sound"):
        load(bare)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(stored.read_bytes()[:-100])
    with pytest.raises(IntegrityError, match="no safetensors file"):
        load(cut)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, liar_lenses):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        save(tmp_path / "file" / "a.safetensors", liar_lenses)


def test_half_precision_is_stored_as_float32(tmp_path, liar_lenses):
    save(tmp_path / "h.safetensors", replace(liar_lenses, betas=liar_lenses.betas.half()))
    assert load(tmp_path / "h.safetensors").betas.dtype == torch.float32
