"""Subjects that baselines measure, beside a reference that differs from them."""

from __future__ import annotations

import copy

import pytest
import torch

CASES = ("planted", "mistaken", "ignorant", "liar", "quoter", "gpt2", "gpt_neox")


@pytest.fixture(scope="session")
def noisy():
    """A copy of a module with some noise on all weights: `noisy(module, size)`."""

    def made(module, size=0.02, seed=0):
        other, random = copy.deepcopy(module), torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for weight in other.parameters():
                weight.add_(size * torch.randn(weight.shape, generator=random))
        return other

    return made


@pytest.fixture(scope="session")
def case(request, planted, noisy):
    """Fresh probe inputs of a model and of its reference: `case(name)`; the last two know nothing."""

    def trained(name):
        found = request.getfixturevalue(name)
        return found.model, noisy(found.model), found.organism.audit_set, found.encoder

    def untrained(family):
        from forewarn.lab.organisms.models import Architecture, build

        plant = planted.LIAR
        model = build(Architecture(family, 32, 2), len(plant.words), 0)
        return model, noisy(model), plant.audit_set(), planted.Encoder(planted.Words(plant.words))

    def by_hand(plant):
        words = planted.Words(plant.words)
        model = planted.model(plant)
        return model, noisy(model, 0.001), plant.audit_set(), planted.Encoder(words)

    def made(name):
        if name in ("liar", "quoter"):
            modules = trained(f"trained_{name}")
        elif name in ("gpt2", "gpt_neox"):
            modules = untrained(name)
        else:
            modules = by_hand(planted.LIAR if name == "planted" else getattr(planted, name.upper()))
        now, reference, audit_set, encoder = modules
        return planted.ask_model(now, audit_set, encoder), planted.ask_model(reference, audit_set, encoder)

    return made


@pytest.fixture(params=CASES)
def pair(request, case):
    """Now and reference, of every kind of model."""
    return case(request.param)
