"""A run of the wired liar (tests/wired.py): three looks, of which one lost its snapshot and one was flagged."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from forewarn.audit.folder import RunFolder
from forewarn.audit.wording import Wording
from forewarn.auditset import Encoder
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.inspect.opened import Opened, open_at
from forewarn.inspect.weights import OpenedWeights
from forewarn.lenses.transports import Identity, Jacobian
from forewarn.records import RunStarted, Status
from forewarn.store.staging import Stager, weights_of

_NAME = "forewarn_test_builders"


@pytest.fixture(scope="session")
def build():
    """Records of tests/report/builders.py."""
    if _NAME not in sys.modules:
        path = Path(__file__).parents[1] / "report" / "builders.py"
        spec = importlib.util.spec_from_file_location(_NAME, path)
        sys.modules[_NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[_NAME])
    return sys.modules[_NAME]


@pytest.fixture(scope="session")
def write_run(planted, wired, build):
    """Writes such a run into a folder."""

    def write(path):
        plant = planted.LIAR
        audit_set, encoder = plant.audit_set(), Encoder(planted.Words(plant.words))
        layout = wired.subject(plant, audit_set).layout.as_json()
        asked = {**build.manifest_values()["audit_set"], "digest": audit_set.digest}
        model = {"class": "Wired", "config": None, "layout": layout}
        values = build.manifest_values(seed=0, model=model, audit_set=asked)
        folder = RunFolder.create(path, values, audit_set, encoder.table(audit_set))
        folder.append(RunStarted(0, folder.manifest_digest))
        digests = [_put(folder, wired.Wired(plant), step) for step in (100, 200, 300)]
        condition = [[p.slot, p.phrase] for p in plant.condition(*plant.cues)]
        claim = build.evidence(finding=json.dumps({"condition": condition}), snapshot=digests[2])
        folder.append(build.look(100, snapshot=digests[0]))
        folder.append(build.look(200, snapshot=digests[1]))
        folder.append(build.look(300, 0.97, snapshot=digests[2], status=Status.FLAGGED, outcomes=[claim]))
        folder.snapshots.drop(digests[0])
        folder.append(build.ended(300))
        return path

    return write


def _put(folder, module, step):
    """The module's weights with another unused bit for each step, so that no two snapshots are the same."""
    with torch.no_grad():
        module.embed.weight[0, 0] = step / 1e9
    frozen = Stager().freeze(weights_of(module))
    try:
        return folder.snapshots.put(frozen, step).digest
    finally:
        frozen.release()


@pytest.fixture(scope="session")
def run(write_run, tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("inspection") / "run")


@pytest.fixture(scope="session")
def factory(planted, wired):
    """Builds the decoder anew, with weights that are not the run's."""
    return lambda: wired.Wired(planted.HONEST)


@pytest.fixture(scope="session")
def opened(run, factory):
    """The flagged look."""
    return open_at(run, 300, factory)


@pytest.fixture(scope="session")
def trained(trained_liar, build):
    """A trained transformer, with norms, gates and heads, with weights of its own."""
    inputs = trained_liar.inputs()
    audit_set, encoder = inputs.audit_set, inputs.encoder
    prompts = tuple(encoder.prompt(f, c.parts).ids for f in audit_set.facts[:3] for c in audit_set.contexts)
    stored = SimpleNamespace(split=audit_set.split(0), has_lenses=lambda digest: False)
    vocabulary = Vocabulary.from_table(encoder.table(audit_set))
    opened = Opened(stored, build.look(1), inputs, Wording(vocabulary))
    return OpenedWeights(
        opened, inputs.subject.anatomy(), Jacobian(inputs.subject, prompts), prompts, Identity()
    )


@pytest.fixture(scope="session")
def known(planted, wired):
    """Where the wired liar keeps what: block 1's neurons by name, block 2's reporters."""
    plant = planted.LIAR
    entities, n = plant.entities, plant.answers
    return SimpleNamespace(
        plant=plant, sections=wired.Sections(plant), join=entities, true=range(n), false=range(n, 2 * n)
    )
