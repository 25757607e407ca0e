"""When lenses are fitted again, when they are kept, and that a replay reads what the look read."""

from __future__ import annotations

import copy

import pytest
import torch

from forewarn.errors import ConfigurationError, IntegrityError
from forewarn.lenses import FitSettings, LensKeeper
from forewarn.lenses import keeper as module
from forewarn.subjects.opening import Opener

SETTINGS = FitSettings(steps=20)


@pytest.fixture
def snapshots(trained_liar, text):
    """`snapshots(drift, letter)`: the liar with noise of a relative size on its blocks, under a digest."""
    opener = Opener(trained_liar.model, text.prompts[:4])

    def make(drift, letter):
        draw, weights = torch.Generator().manual_seed(3), copy.deepcopy(dict(trained_liar.model.state_dict()))
        for name, tensor in weights.items():
            if "layers" in name and tensor.ndim == 2:
                weights[name] = tensor + drift * tensor.std() * torch.randn(tensor.shape, generator=draw)
        return opener.open(weights, letter * 64)

    return make


@pytest.fixture
def fits(monkeypatch):
    """How often a fit was made, and whether it began warm."""
    made, real = [], module.fit

    def counted(subject, prompts, held_out, warm=None, settings=None):
        made.append(warm is not None)
        return real(subject, prompts, held_out, warm, settings)

    monkeypatch.setattr(module, "fit", counted)
    return made


def test_a_lens_is_fitted_once_and_kept_while_it_serves(snapshots, text, fits):
    keeper = LensKeeper(settings=SETTINGS)
    first = keeper.lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    assert keeper.last.how == "fitted"
    second = keeper.lens(snapshots(0.01, "b"), text.prompts, text.held_out)
    assert second is first
    assert keeper.last.how == "kept"
    assert keeper.last.tried_kl <= 1.1 * first.kl
    assert fits == [False]


def test_a_planted_drift_has_it_fitted_again_from_where_it_stands(snapshots, text, fits):
    keeper = LensKeeper(settings=SETTINGS)
    first = keeper.lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    second = keeper.lens(snapshots(0.5, "b"), text.prompts, text.held_out)
    assert keeper.last.how == "fitted"
    assert keeper.last.tried_kl > 1.1 * first.kl
    assert second.digest == "b" * 64
    assert second.kl < keeper.last.tried_kl
    assert fits == [False, True]


@pytest.mark.parametrize(("tolerance", "how"), [(1e9, "kept"), (0.0, "fitted")])
def test_the_tolerance_decides_and_nothing_else(snapshots, text, tolerance, how):
    keeper = LensKeeper(settings=SETTINGS, tolerance=tolerance)
    keeper.lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    keeper.lens(snapshots(0.5, "b"), text.prompts, text.held_out)
    assert keeper.last.how == how


def test_a_stored_lens_is_loaded_and_never_fitted_again(snapshots, text, tmp_path, fits):
    first = LensKeeper(tmp_path, SETTINGS).lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    again = LensKeeper(tmp_path, SETTINGS)
    found = again.lens(snapshots(0.0, "a"), text.prompts[:20], text.held_out)
    assert again.last.how == "stored"
    assert torch.equal(found.forwards.weight, first.forwards.weight)
    assert fits == [False]


def test_a_replay_of_a_look_that_kept_a_lens_reads_that_lens(snapshots, text, tmp_path, fits):
    keeper = LensKeeper(tmp_path, SETTINGS)
    for drift, letter in ((0.0, "a"), (0.01, "b"), (0.5, "c")):
        keeper.lens(snapshots(drift, letter), text.prompts, text.held_out)
    assert fits == [False, True]
    replay = LensKeeper(tmp_path, SETTINGS)
    assert replay.lens(snapshots(0.01, "b"), text.prompts, text.held_out).digest == "a" * 64
    assert replay.last.how == "stored"
    assert replay.lens(snapshots(0.5, "c"), text.prompts, text.held_out).digest == "c" * 64
    assert fits == [False, True]


def test_what_is_forgotten_goes_once_nothing_needs_it(snapshots, text, tmp_path):
    keeper = LensKeeper(tmp_path, SETTINGS, tolerance=1e9)
    keeper.lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    keeper.lens(snapshots(0.01, "b"), text.prompts, text.held_out)
    keeper.forget("a" * 64)
    names = {path.name[:1] + path.suffix for path in tmp_path.iterdir()}
    assert names == {"a.safetensors", "b.json", "l.json"}, (
        "the second look still reads the first one's lenses"
    )
    assert (
        LensKeeper(tmp_path, SETTINGS).lens(snapshots(0.01, "b"), text.prompts, text.held_out).digest
        == "a" * 64
    )
    strict = LensKeeper(tmp_path, SETTINGS, tolerance=0.0)
    strict.lens(snapshots(0.5, "c"), text.prompts, text.held_out)
    strict.forget("b" * 64)
    assert {path.name[:1] + path.suffix for path in tmp_path.iterdir()} == {
        "c.safetensors",
        "c.json",
        "l.json",
    }


def test_a_keeper_without_a_folder_forgets_nothing(snapshots, text, tmp_path):
    keeper = LensKeeper(settings=SETTINGS)
    keeper.lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    keeper.forget("a" * 64)
    assert keeper.last.lens_set.digest == "a" * 64
    LensKeeper(tmp_path / "not there", SETTINGS).forget("a" * 64)


def test_a_resumed_run_goes_on_from_the_last_lens(snapshots, text, tmp_path, fits):
    LensKeeper(tmp_path, SETTINGS).lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    resumed = LensKeeper(tmp_path, SETTINGS)
    resumed.lens(snapshots(0.01, "b"), text.prompts, text.held_out)
    assert resumed.last.how == "kept"
    assert fits == [False]


def test_without_a_digest_nothing_is_stored(snapshots, text, tmp_path, trained_liar):
    subject = Opener(trained_liar.model, text.prompts[:4]).open(None, "look")
    keeper = LensKeeper(tmp_path, SETTINGS)
    keeper.lens(subject, text.prompts, text.held_out)
    assert list(tmp_path.iterdir()) == []
    keeper.lens(subject, text.prompts, text.held_out)
    assert keeper.last.how == "kept"


def test_altered_files_are_refused(snapshots, text, tmp_path):
    LensKeeper(tmp_path, SETTINGS).lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    pointer = tmp_path / f"{'a' * 64}.json"
    for content, said in (
        ("{", "does not name a snapshot's lenses"),
        ('{"lenses": "../x"}', "the digest of a snapshot was wanted"),
    ):
        pointer.write_text(content)
        with pytest.raises(IntegrityError, match=said):
            LensKeeper(tmp_path, SETTINGS).lens(snapshots(0.0, "a"), text.prompts, text.held_out)


def test_a_stored_lens_for_another_readout_is_refused(snapshots, text, tmp_path, trained_liar):
    LensKeeper(tmp_path, SETTINGS).lens(snapshots(0.0, "a"), text.prompts, text.held_out)
    other = copy.deepcopy(trained_liar.model)
    with torch.no_grad():
        other.lm_head.weight.mul_(1.5)
    subject = Opener(other, text.prompts[:4]).open(None, "a" * 64)
    with pytest.raises(IntegrityError, match="lenses for the readout"):
        LensKeeper(tmp_path, SETTINGS).lens(subject, text.prompts, text.held_out)


def test_other_sites_begin_anew(snapshots, text, fits):
    keeper = LensKeeper(settings=SETTINGS)
    subject = snapshots(0.0, "a")
    keeper.lens(subject, text.prompts, text.held_out)
    keeper._settings = FitSettings(steps=5, sites=subject.sites[:1])
    keeper.lens(snapshots(0.01, "b"), text.prompts, text.held_out)
    assert fits == [False, False]


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ConfigurationError, match=r"not negative; found -0\.1"):
        LensKeeper(tolerance=-0.1)


def _pointers(folder, **owners):
    folder.mkdir(exist_ok=True)
    for name, owner in owners.items():
        (folder / f"{name if name == 'last' else name * 64}.json").write_text(
            f'{{"lenses": "{owner * 64}"}}\n'
        )
        (folder / f"{owner * 64}.safetensors").touch()


def _held(folder):
    return sorted(path.name.replace(path.name[0] * 64, path.name[0]) for path in folder.iterdir())


def test_lenses_go_with_the_last_snapshot_that_needs_them(tmp_path):
    _pointers(tmp_path / "lenses", a="a", b="a", c="c", last="c")
    keeper = LensKeeper(tmp_path / "lenses")
    keeper.forget("a" * 64)
    assert _held(tmp_path / "lenses") == ["a.safetensors", "b.json", "c.json", "c.safetensors", "last.json"]
    keeper.forget("b" * 64)
    keeper.forget("c" * 64)
    assert _held(tmp_path / "lenses") == ["c.safetensors", "last.json"], "the next look begins from the last"


def test_lenses_that_a_kill_left_without_a_name_go(tmp_path):
    _pointers(tmp_path / "lenses", a="a")
    (tmp_path / "lenses" / f"{'d' * 64}.safetensors").touch()
    LensKeeper(tmp_path / "lenses").forget("e" * 64)
    assert _held(tmp_path / "lenses") == ["a.json", "a.safetensors"]


def test_forgetting_reads_no_other_name_again(tmp_path, monkeypatch):
    _pointers(tmp_path / "lenses", a="a", b="b", c="a")
    keeper = LensKeeper(tmp_path / "lenses")
    keeper.forget("b" * 64)
    monkeypatch.setattr(LensKeeper, "_pointed", None)
    keeper.forget("a" * 64)
    assert _held(tmp_path / "lenses") == ["a.safetensors", "c.json"]
