"""A checkpoint's state is taken where it is a monitor's, and where training goes on; else it is said."""

from __future__ import annotations

import pytest
import torch

from forewarn.callbacks import DeceptionMonitor, Watch
from forewarn.callbacks.state import checked_state
from forewarn.errors import ConfigurationError
from forewarn.records import RunResumed

PL = "pytorch_lightning"
STATE = {
    "folder": "runs/a", "head": "0" * 64, "segment": 1, "flagged": False, "missed": 0, "missed_looks": 0,
    "alarm": {}, "carried": None,
}  # fmt: skip


def test_a_state_is_copied_and_an_empty_one_is_none():
    assert checked_state(STATE) == STATE and checked_state(STATE) is not STATE
    assert checked_state({}) is None


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (
            {"head.weight": 1},
            "one that lacks folder, head, segment, flagged, missed, missed_looks, alarm",
        ),
        (None, "found a NoneType"),
        ([1], "found a list"),
        ({**STATE, "segment": "1"}, "found segment = '1'"),
    ],
)
def test_what_is_no_state_of_a_monitor_is_told(state, found):
    with pytest.raises(ConfigurationError) as caught:
        checked_state(state)
    assert str(caught.value).startswith("the state of a monitor is what its `state_dict` gave; ")
    assert found in str(caught.value)


@pytest.fixture
def watch(small, told, tmp_path):
    def make(**settings):
        told()
        usual = {
            "calibration": small.calibration("as-told"),
            "response": "record",
            "folder": tmp_path / "runs",
        }
        return Watch(small.seeded(small.GPT), small.audit_set(), **usual | settings)

    return make


def test_a_watch_refuses_a_state_that_is_none_or_comes_too_late(small, watch):
    watched = watch()
    with pytest.raises(ConfigurationError, match="the state of a monitor is what"):
        watched.load_state_dict(small.GPT().state_dict())
    watched.step(1)
    with pytest.raises(ConfigurationError, match="load_state_dict came after the watch had begun"):
        watched.load_state_dict(watched.state_dict())
    watched.close()


@pytest.fixture
def monitor(small, told, tmp_path):
    def make(**settings):
        told()
        usual = {"every_n_steps": 2, "response": "record", "folder": tmp_path / "runs", "name": "run"}
        calibration, audit_set = small.calibration("as-told"), settings.pop("audit_set", small.audit_set())
        return DeceptionMonitor(audit_set, calibration=calibration, **usual | settings)

    return make


@pytest.fixture
def trainer(small, tmp_path):
    def make(*callbacks, **settings):
        return small.trainer(PL, tmp_path, callbacks, **{"max_steps": 2} | settings)

    return make


@pytest.fixture
def module(small):
    return lambda **settings: small.speaker(PL, small.seeded(small.GPT), **settings)


def test_a_state_loaded_to_validate_is_not_gone_on_with(monitor, trainer, module, small, events, tmp_path):
    first = monitor()
    kept = trainer(first)
    kept.fit(module(), small.loader())
    kept.save_checkpoint(tmp_path / "kept.ckpt")
    second = monitor()
    other = trainer(second)
    other.validate(
        module(validates=True), small.loader(shuffle=False), ckpt_path=tmp_path / "kept.ckpt", verbose=False
    )
    other.fit(module(), small.loader())
    assert second.run != first.run and not events(second.run, RunResumed)


@pytest.mark.parametrize("response", ["record", "halt"])
def test_a_damaged_state_in_a_checkpoint(  # noqa: PLR0917
    monitor, trainer, module, small, tmp_path, caplog, response
):
    first = monitor()
    kept = trainer(first)
    kept.fit(module(), small.loader())
    kept.save_checkpoint(tmp_path / "kept.ckpt")
    checkpoint = torch.load(tmp_path / "kept.ckpt", weights_only=True)
    del checkpoint["callbacks"][first.state_key]["alarm"]
    torch.save(checkpoint, tmp_path / "kept.ckpt")
    again = monitor(response=response)
    resumed = trainer(again, max_steps=4)
    if response == "halt":
        with pytest.raises(ConfigurationError, match="one that lacks alarm"):
            resumed.fit(module(), small.loader(), ckpt_path=tmp_path / "kept.ckpt")
        return
    resumed.fit(module(), small.loader(), ckpt_path=tmp_path / "kept.ckpt")
    assert "forewarn begins a new ledger: the state of a monitor" in caplog.text


@pytest.mark.filterwarnings("ignore:Be aware that when using `ckpt_path`")
def test_a_state_that_another_monitor_left_is_told(monitor, trainer, module, small, tmp_path, caplog):
    kept = trainer(monitor())
    kept.fit(module(), small.loader())
    kept.save_checkpoint(tmp_path / "kept.ckpt")
    changed = monitor(name="other")
    trainer(changed, max_steps=4).fit(module(), small.loader(), ckpt_path=tmp_path / "kept.ckpt")
    assert (
        "forewarn begins a new ledger: the checkpoint holds the state of DeceptionMonitor{'name': 'run'},"
        in (caplog.text)
    )
    assert "They differ in name." in caplog.text
