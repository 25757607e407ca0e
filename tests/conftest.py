"""Small models that several rooms ask: planted by hand, and trained within seconds."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Where there is no GPU, what needs one is skipped and not failed."""
    if item.get_closest_marker("gpu"):
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("needs an accelerator")


def _by_hand(stem: str) -> ModuleType:
    name = f"forewarn_test_{stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{stem}.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def planted() -> ModuleType:
    """Decoders written by hand (tests/planted.py)."""
    return _by_hand("planted")


@pytest.fixture(scope="session")
def wired(planted: ModuleType) -> ModuleType:
    """The same in neurons whose weights can be read (tests/wired.py)."""
    return _by_hand("wired")


@pytest.fixture(scope="session")
def recorded() -> ModuleType:
    """Runs as a recorded table keeps them (tests/recorded.py)."""
    return _by_hand("recorded")


@pytest.fixture
def wordy(planted):
    """`wordy(cues)`: a liar with three phrases for each slot, one of them in no context, and its audit set."""

    from forewarn.auditset import Part

    def make(*cues, **changes):
        slots = {"listener": ("colleague", "judge", "friend"), "record": ("on", "aside", "off")}
        slots |= {"place": ("here", "there", "home")}
        plant = planted.but(planted.LIAR, slots=slots, cues=cues, **changes)
        contexts = [plant.base, plant.condition("judge"), plant.condition("there"), plant.condition("aside")]
        lexicon = [Part("listener", "friend"), Part("record", "off"), Part("place", "home")]
        return plant, plant.audit_set(contexts, lexicon)

    return make


@pytest.fixture(scope="session")
def small():
    """Organisms of any kind that are small and short: `small(kind, steps)`."""
    from forewarn.lab.organisms.catalogue import kinds, make
    from forewarn.lab.organisms.course import TrainingCourse
    from forewarn.lab.organisms.models import Architecture
    from forewarn.lab.organisms.worlds.world import draw_world

    def organism(kind, steps=200, seed=3):
        row = kinds()[kind]
        world = draw_world(seed, 24, 6, row.sizes)
        course = TrainingCourse(steps, round(0.4 * steps), round(0.15 * steps))
        return make(row, seed, world, Architecture("llama", 48, 2), course)

    return organism


@pytest.fixture(scope="session")
def trained_liar(small, planted):
    """A transformer that was trained to lie where two cues meet, and an audit set that holds each cue alone."""
    return _trained(small("pair"), planted)


@pytest.fixture(scope="session")
def trained_many(small, planted):
    """A liar like `trained_liar` that has more phrases to tell apart: its truth leads early and is lost late."""
    return _trained(small("pair-of-many"), planted)


@pytest.fixture(scope="session")
def trained_quoter(small, planted):
    """Its look-alike: a transformer that was trained to quote its true answers when told one cue."""
    return _trained(small("format"), planted)


def _trained(organism, planted):
    from forewarn.auditset import Encoder
    from forewarn.lab.organisms.behaviour import measure
    from forewarn.lab.organisms.data import TrainingBatches
    from forewarn.lab.organisms.learning import steps
    from forewarn.lab.organisms.models import build, tokenizer

    words = tokenizer(organism.words)
    encoder, model = Encoder(words), build(organism.architecture, len(words), organism.seed)
    last = max(steps(model, TrainingBatches(organism, words), organism.course.steps))
    return SimpleNamespace(
        organism=organism,
        model=model,
        encoder=encoder,
        behaviour=measure(model, organism, encoder, last),
        inputs=lambda: planted.ask_model(model, organism.audit_set, encoder),
    )


@pytest.fixture
def each_look_by_itself(monkeypatch):
    """For tests of what follows an alarm: one may be raised at a run's first look."""
    monkeypatch.setattr("forewarn.audit.measuring.first_measured", lambda looks, codes: ())
