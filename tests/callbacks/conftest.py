from __future__ import annotations

import importlib.util
import sys
from itertools import count
from pathlib import Path

import pytest

from forewarn.callbacks import Watch, equip
from forewarn.records import FilesKept
from forewarn.store.ledger import read, verify

_NAME = "forewarn_test_small"


def _load():
    if _NAME not in sys.modules:
        spec = importlib.util.spec_from_file_location(_NAME, Path(__file__).with_name("small.py"))
        sys.modules[_NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[_NAME])
    return sys.modules[_NAME]


@pytest.fixture(autouse=True)
def _each_look_by_itself(each_look_by_itself):
    """These tests are about what follows an alarm."""


@pytest.fixture(scope="session")
def small():
    """The module `small.py`."""
    return _load()


@pytest.fixture(scope="session")
def taught(small):
    """Weights of decoders that know the facts, by the name of their builder."""
    built = {build.__name__: small.teach(small.seeded(build)) for build in (small.GPT, small.hugging_face)}
    return {name: model.state_dict() for name, model in built.items()}


@pytest.fixture
def knowing(small, taught):
    """Builds a decoder that knows the facts."""

    def build(kind, **settings):
        model = small.seeded(getattr(small, kind), **settings)
        model.load_state_dict(taught[kind])
        return model.train()

    return build


@pytest.fixture
def told(small, monkeypatch):
    """Installs one probe that says what it is told, and gives it: `told(lies=[2])` lies at the second look."""

    def install(**settings):
        probe = small.Told(**settings)
        monkeypatch.setattr(equip, "catalogue", lambda: (probe,))
        return probe

    return install


@pytest.fixture
def moving(monkeypatch):
    """Every step that a Watch is told moves the weights a little, as an optimiser would.

    Never twice by as much, so that a fresh model that goes on is not at weights that an earlier one was at.
    """
    tell, moves = Watch.step, count(10)

    def step(self, *given):
        next(self._model.parameters()).data.add_(1e-7 * next(moves) ** 2)
        return tell(self, *given)

    monkeypatch.setattr(Watch, "step", step)


@pytest.fixture
def events():
    """Events of a run's ledger, which must verify; by type if one is named, else all but the digests of files."""

    def of(run, kind=None):
        path = run / "ledger.jsonl"
        assert verify(path) == ()
        found = [entry.event for entry in read(path)]
        return [e for e in found if isinstance(e, kind or object) and (kind or not isinstance(e, FilesKept))]

    return of
