"""Prompts of many lengths asked in batches."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from forewarn.subjects.edits import Edit
from forewarn.subjects.reading.batched import Batched

FROZEN = ((1, 2, 3), (4,), (5, 6, 7), (8, 9), (10,))


def batched(tokens):
    return Batched(SimpleNamespace(device=torch.device("cpu")), torch.zeros(()), lambda layer: None, tokens)


@pytest.mark.parametrize("tokens", [1, 4, 100])
def test_results_come_in_the_order_of_the_prompts(tokens):
    asked = []

    def ask(ids, changes, rows):
        asked.append(ids.numel())
        assert ids.tolist() == [list(FROZEN[row]) for row in rows]
        return torch.stack([ids.sum(1), torch.tensor(rows)])

    found = batched(tokens).each(FROZEN, (), ask, axis=1)
    assert found.tolist() == [[sum(p) for p in FROZEN], [0, 1, 2, 3, 4]]
    assert max(asked) <= max(tokens, 3)


@pytest.mark.parametrize("tokens", [1, 100])
def test_ragged_results_are_each_prompt_s_own(tokens):
    found = batched(tokens).ragged(FROZEN, (), lambda ids, changes, rows: ids * 2)
    assert [row.tolist() for row in found] == [[2 * t for t in p] for p in FROZEN]


@pytest.mark.parametrize("tokens", [1, 100])
def test_changes_are_those_of_the_prompts_in_the_batch(tokens):
    delta = torch.arange(5.0).reshape(5, 1, 1)
    ask = batched(tokens).each
    found = ask(FROZEN, [Edit(2, delta)], lambda ids, changes, rows: changes.added[4][:, -1, 0])
    assert found.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
