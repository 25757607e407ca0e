"""A trained model with text, read once for all tests of the fit."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from forewarn.lab.organisms.models import Architecture, build
from forewarn.lenses import FitSettings, fit
from forewarn.subjects.opening import Opener

QUICK = FitSettings(steps=30)


def texts(organism, encoder, facts):
    """Questions about facts in every context that was taught, each with its answer."""
    return [(*encoder.prompt(f, c).ids, *encoder.answers(f)[0]) for f in facts for c in organism.trained_on]


def opened(model, prompts, digest="a" * 64):
    return Opener(model, prompts[:4]).open(None, digest)


@pytest.fixture(scope="session")
def text(trained_liar):
    """Prompts to fit on and others about other facts, for the liar's vocabulary."""
    facts, half = trained_liar.organism.world.facts, len(trained_liar.organism.world.facts) // 2
    made = [texts(trained_liar.organism, trained_liar.encoder, part) for part in (facts[:half], facts[half:])]
    return SimpleNamespace(prompts=made[0], held_out=made[1])


@pytest.fixture(scope="session")
def liar(trained_liar, text):
    """The trained model, opened."""
    return opened(trained_liar.model, text.prompts)


@pytest.fixture(scope="session")
def untrained(trained_liar, text):
    """The same architecture with random weights."""
    model = build(trained_liar.organism.architecture, trained_liar.model.config.vocab_size, 17)
    return opened(model, text.prompts, "b" * 64)


@pytest.fixture(scope="session")
def liar_lenses(liar, text):
    """Lenses of the trained model."""
    return fit(liar, text.prompts, text.held_out, settings=QUICK)


@pytest.fixture(scope="session")
def quick():
    """Settings that make a fit short."""
    return QUICK


@pytest.fixture(scope="session")
def open_model():
    """`open_model(model, prompts)`."""
    return opened


@pytest.fixture(scope="session")
def small_model():
    """`small_model(vocab, width)`: an untrained transformer, opened, and random prompts for it."""

    def make(vocab, width, family="llama", seed=0, length=7, n=24):
        draw = torch.Generator().manual_seed(seed)
        rows = torch.randint(vocab, (2 * n, length), generator=draw).tolist()
        model = build(Architecture(family, width, 2, 2), vocab, seed)
        return SimpleNamespace(model=model, subject=opened(model, rows), prompts=rows[:n], held_out=rows[n:])

    return make


class Capped(torch.nn.Module):
    """Two residual blocks, then norm, matrix, and a soft cap that makes the logits no matrix product."""

    def __init__(self, vocab=23, width=16):
        super().__init__()
        self.embed, self.norm = torch.nn.Embedding(vocab, width), torch.nn.LayerNorm(width)
        self.blocks = torch.nn.ModuleList(Mixer(width) for _ in range(2))
        self.head = torch.nn.Linear(width, vocab, bias=False)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return 5.0 * torch.tanh(self.head(self.norm(x)) / 5.0)


class Mixer(torch.nn.Module):
    """Adds a map of the mean over what came before."""

    def __init__(self, width):
        super().__init__()
        self.map = torch.nn.Linear(width, width)

    def forward(self, x):
        count = torch.arange(1, x.shape[1] + 1)[:, None]
        return x + torch.tanh(self.map(x.cumsum(1) / count))


@pytest.fixture(scope="session")
def own_capped():
    """A model with a soft cap, opened, and its states."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Capped()
    subject = opened(model, [[1, 2, 3, 4]])
    draw = torch.Generator().manual_seed(0)
    return subject, subject.states(torch.randint(23, (6, 5), generator=draw).tolist())
