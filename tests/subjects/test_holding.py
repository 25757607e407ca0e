"""The modules that belong to a module."""

from __future__ import annotations

import torch
from torch import nn

from forewarn.subjects.holding import held_parts, held_tensors


def net():
    made = nn.Sequential(nn.Linear(2, 2))
    made.listed = [nn.Linear(1, 1), {"a": nn.Dropout()}]
    made.owner = [made]
    made.__dict__["aside"] = nn.Identity()
    return made


def test_plain_lists_mappings_and_attributes_are_looked_through():
    names = {name for name, _ in held_parts(net())}
    assert names == {"", "0", "listed[0]", "listed[1]['a']", "aside"}


def test_tensors_of_all_of_them():
    made = net()
    made.mask = torch.ones(1)
    made.register_buffer("passing", torch.ones(1), persistent=False)
    names = {name for name, _ in held_tensors(made)}
    assert names >= {"0.weight", "listed[0].weight", "mask", "passing"}
