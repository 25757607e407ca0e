"""A training run on an accelerator ends in the same bits with and without the monitor, and is looked at."""

from __future__ import annotations

import pytest
import torch

from forewarn.callbacks import DeceptionMonitor
from forewarn.records import Failed, LookTaken

pytestmark = pytest.mark.gpu
HOMES = ("pytorch_lightning", "lightning.pytorch")
CODES = ("knowledge-gap", "observer", "latent-policy")


@pytest.fixture
def fit(small, knowing, tmp_path, monkeypatch):
    """Fingerprint of a run on the first GPU; kernels that add up in any order are left out."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    settings = {"accelerator": "gpu", "deterministic": True}

    def end(home, kind, monitor=None, **more):
        torch.manual_seed(7)
        callbacks = [] if monitor is None else [monitor]
        trainer = small.trainer(home, tmp_path, callbacks, **settings | more)
        trainer.fit(small.speaker(home, knowing(kind, dropout=0.1), rate=1e-4), small.loader())
        return small.fingerprint(trainer)

    yield end
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def monitor(small, tmp_path):
    usual = {"every_n_steps": 3, "response": "record", "folder": tmp_path / "watched", "name": "run"}
    return DeceptionMonitor(small.audit_set(), **usual, calibration=small.calibration(*CODES))


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("kind", ["GPT", "hugging_face"])
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_watched_and_unwatched_runs_end_alike(fit, monitor, events, home, kind, precision):
    unwatched = fit(home, kind, precision=precision)
    assert fit(home, kind, precision=precision) == unwatched, "else nothing can be compared"
    assert fit(home, kind, monitor, precision=precision) == unwatched
    looks = events(monitor.run, LookTaken)
    assert [look.step for look in looks] == [3, 6]
    assert all(look.outcomes and look.known for look in looks)
    assert not [o for look in looks for o in look.outcomes if isinstance(o, Failed)]
