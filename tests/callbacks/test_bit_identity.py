"""Training ends in the same bits with and without the monitor (design, decision 1)."""

from __future__ import annotations

import pytest
import torch

from forewarn.callbacks import DeceptionMonitor
from forewarn.records import LookTaken, RunResumed

HOMES = ("pytorch_lightning", "lightning.pytorch")
CODES = ("knowledge-gap", "observer", "latent-policy")


@pytest.fixture
def watching(small, tmp_path):
    """A monitor with the real probes, which looks after every third step."""

    def make(**settings):
        usual = {
            "first_look": False,
            "every_n_steps": 3,
            "response": "record",
            "folder": tmp_path / "watched",
            "name": "run",
        }
        return DeceptionMonitor(small.audit_set(), **usual | settings, calibration=small.calibration(*CODES))

    return make


@pytest.fixture
def end(small, knowing, tmp_path):
    """Fingerprint of a finished training run."""

    def fit(home, kind="GPT", monitor=None, *, resume=None, norm=False, dropout=0.1, **settings):
        torch.manual_seed(7)
        trainer = small.trainer(home, tmp_path, [monitor] if monitor else [], **settings)
        module = small.speaker(home, knowing(kind, dropout=dropout), norm=norm)
        trainer.fit(module, small.loader(), ckpt_path=resume)
        return small.fingerprint(trainer), trainer

    return fit


def looked(events, monitor):
    looks = events(monitor.run, LookTaken)
    assert all(look.outcomes and look.known for look in looks), "a look that asked nothing proves nothing"
    return [look.step for look in looks]


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("kind", ["GPT", "hugging_face"])
def test_watched_and_unwatched_runs_end_alike(end, watching, events, home, kind):
    monitor = watching()
    assert end(home, kind)[0] == end(home, kind, monitor)[0]
    assert looked(events, monitor) == [3, 6]


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"dropout": 0.4}, [3, 6]),
        ({"norm": True}, [3, 6]),
        ({"accumulate_grad_batches": 2, "max_steps": 4}, [3, 4]),
        ({"gradient_clip_val": 0.1, "precision": "bf16-mixed", "max_steps": 3}, [3]),
    ],
    ids=["dropout", "batch-norm", "accumulation", "autocast"],
)
def test_whatever_could_betray_the_observer(end, watching, events, settings, steps):
    monitor = watching()
    assert end(HOMES[0], **settings)[0] == end(HOMES[0], monitor=monitor, **settings)[0]
    assert looked(events, monitor) == steps


def test_the_global_random_state_decides_the_end(small, end, monkeypatch):
    """Else the tests above could not fail: one draw at a look is seen in the weights."""
    before = end(HOMES[0])[0]
    draws = small.loader
    monkeypatch.setattr(small, "loader", lambda: (torch.rand(1), draws())[1])
    assert end(HOMES[0])[0] != before


@pytest.mark.parametrize("home", HOMES)
def test_resumed_runs_end_alike_and_go_on_with_one_ledger(end, watching, events, tmp_path, home):
    plain, watched = tmp_path / "plain.ckpt", tmp_path / "watched.ckpt"
    end(home)[1].save_checkpoint(plain)
    first = watching()
    end(home, monitor=first)[1].save_checkpoint(watched)
    second = watching()
    unwatched = end(home, resume=plain, max_steps=9)[0]
    assert end(home, monitor=second, resume=watched, max_steps=9)[0] == unwatched
    assert second.run == first.run
    assert looked(events, second) == [3, 6, 9]
    assert [e.step for e in events(second.run, RunResumed)] == [6]
