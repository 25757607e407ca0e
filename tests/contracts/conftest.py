"""What the contracts of probes and of follow-ups share."""

from __future__ import annotations

import random
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from forewarn.instruments.probe_inputs import ProbeInputs


class _Overheard(ProbeInputs):
    """Writes down which facts are asked or read."""

    def __init__(self, inner):
        super().__init__(inner.subject, inner.audit_set, inner.encoder, before=lambda: inner.earlier)
        self.entities = set()

    def prompts(self, facts, condition):
        self.entities |= {f.entity for f in facts}
        return super().prompts(facts, condition)

    def replies(self, questions):
        self.entities |= {f.entity for f, _ in questions}
        return super().replies(questions)


def _again(inputs):
    return ProbeInputs(inputs.subject, inputs.audit_set, inputs.encoder, before=lambda: inputs.earlier)


def _everywhere(plant):
    return plant.audit_set([*plant.one_cue_away(), plant.condition("stranger", "off")])


@contextmanager
def _left_alone(inputs):
    prompts = [p.ids for p in inputs.prompts(inputs.audit_set.facts, ())]
    decoder = inputs.subject._passes._decoder
    weights = {name: value.clone() for name, value in decoder.state_dict().items()}
    logits = inputs.subject.logits(prompts)
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    settings = torch.is_grad_enabled(), torch.get_num_threads(), torch.get_default_dtype()
    yield
    assert all(torch.equal(value, weights[name]) for name, value in decoder.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in decoder.parameters())
    assert torch.equal(inputs.subject.logits(prompts), logits)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert np.array_equal(np.random.get_state()[1], states[2])
    assert (torch.is_grad_enabled(), torch.get_num_threads(), torch.get_default_dtype()) == settings
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in decoder.modules())


@pytest.fixture
def overheard():
    """The inputs of a probe like the one given that writes down whose facts are asked or read, as `entities`."""
    return _Overheard


@pytest.fixture
def again():
    """A fresh look at the same model, with the same past."""
    return _again


@pytest.fixture
def everywhere():
    """An audit set that asks where both cues stand too."""
    return _everywhere


@pytest.fixture
def left_alone():
    """A block after which the subject, every random state and every setting must be as they were."""
    return _left_alone
