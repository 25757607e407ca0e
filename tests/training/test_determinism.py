"""The same seeds give the same runs, dropout and all."""

from __future__ import annotations

import json
from dataclasses import replace

import torch
from forewarn.training.population import told

from forewarn.organisms.catalogue import draw_organism
from forewarn.organisms.course import Course
from forewarn.organisms.models import Architecture


def test_a_run_with_dropout_is_decided_by_its_seed_and_leaves_the_random_state_alone():
    drawn = replace(
        draw_organism("plain", 3), architecture=Architecture("gpt2", 32, 2), course=Course(30, 10, 5)
    )
    before = torch.get_rng_state()
    first = json.dumps(told(drawn, 2))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    assert json.dumps(told(drawn, 2)) == first
