from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from forewarn.alarms import RunLevel
from forewarn.audit.decision import ResponsePolicy
from forewarn.audit.equipment import Equipment
from forewarn.audit.folder import RunFolder
from forewarn.audit.look import Examiner
from forewarn.audit.run import Audit
from forewarn.auditset import Encoder
from forewarn.helpers import Exhaustive
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.judges.judge import CalibratedJudge
from forewarn.store.ledger import read, verify
from forewarn.store.staging import Stager, weights_of
from forewarn.subjects.opening import Opener, open_subject

_NAME = "forewarn_test_small"


@pytest.fixture(scope="session")
def tiny():
    """Decoders, audit set and probe of tests/callbacks/small.py."""
    if _NAME not in sys.modules:
        path = Path(__file__).parents[1] / "callbacks" / "small.py"
        spec = importlib.util.spec_from_file_location(_NAME, path)
        sys.modules[_NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[_NAME])
    return sys.modules[_NAME]


@pytest.fixture
def model(tiny):
    return tiny.seeded(tiny.GPT)


@pytest.fixture
def inputs(tiny, model):
    audit_set, encoder = tiny.audit_set(), Encoder()
    prompts = [encoder.prompt(f, audit_set.contexts[0].parts).ids for f in audit_set.facts[:4]]
    return ProbeInputs(open_subject(model, None, prompts, digest="d"), audit_set, encoder)


@pytest.fixture
def split(tiny):
    return tiny.audit_set().split(0)


@pytest.fixture
def audited(tiny, model, tmp_path):
    """An audit of a model whose probe says what it is told, without any monitor or trainer around it."""

    def make(policy=None, keep_newest=3, **told):
        probe, encoder, calibration = tiny.Told(**told), Encoder(), tiny.calibration("as-told")
        audit_set, judge = tiny.audit_set(), CalibratedJudge(calibration)
        rule = RunLevel(calibration.honest_maxima, 0.05, calibration.looks_per_run)
        examiner, policy = Examiner((probe,), Exhaustive()), policy or ResponsePolicy()
        equipment = Equipment(audit_set, examiner, judge, rule, policy, keep_newest)
        folder = RunFolder.create(tmp_path / "run", {}, audit_set, encoder.table(audit_set))
        prompts = [encoder.prompt(f, audit_set.contexts[0].parts).ids for f in audit_set.facts[:4]]
        audit = Audit(equipment, encoder, folder, Opener(model, prompts))
        run = SimpleNamespace(audit=audit, probe=probe, folder=folder)
        run.look = _looker(run, model)
        return run

    return make


def _looker(run, model):
    """Looks at the model as it is, after a small change that makes every snapshot another."""
    stager = Stager()

    def look(step, change=0.001):
        model.head.weight.data.add_(change)
        frozen = stager.freeze(weights_of(model))
        try:
            return run.audit.look(frozen, step)
        finally:
            frozen.release()

    return look


@pytest.fixture
def events():
    def of(folder, kind=None):
        path = getattr(folder, "path", folder) / "ledger.jsonl"
        assert verify(path) == ()
        found = [entry.event for entry in read(path)]
        return found if kind is None else [e for e in found if isinstance(e, kind)]

    return of
