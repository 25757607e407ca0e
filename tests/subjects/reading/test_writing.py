"""Writing on, with a decoder that counts."""

from __future__ import annotations

from types import SimpleNamespace

import torch

from forewarn.subjects.changes import Changes
from forewarn.subjects.reading.writing import NOT_WRITTEN, written


class Counter:
    """Its likeliest token is the number of tokens that it was given, plus the first of them."""

    def __init__(self):
        self.asked = []

    def read(self, ids, changes):
        self.asked.append((ids.tolist(), changes))
        return SimpleNamespace(logits=torch.nn.functional.one_hot(ids[:, 0] + ids.shape[1], 50).float())


def steered(live, length):
    return Changes({0: torch.tensor([*live, length])})


def test_every_token_is_read_with_the_whole_text_before_it():
    passes = Counter()
    out = written(passes, torch.tensor([[10, 1], [20, 1]]), 3, steered, None)
    assert out.tolist() == [[12, 13, 14], [22, 23, 24]]
    assert [ids for ids, _ in passes.asked][-1] == [[10, 1, 12, 13], [20, 1, 22, 23]]
    assert [changes.added[0].tolist() for _, changes in passes.asked] == [[0, 1, 2], [0, 1, 3], [0, 1, 4]]


def test_a_row_that_has_ended_is_run_no_more():
    passes = Counter()
    out = written(passes, torch.tensor([[10, 1], [20, 1]]), 4, steered, lambda text: text[:, -1] == 13)
    assert out.tolist() == [[12, 13, NOT_WRITTEN, NOT_WRITTEN], [22, 23, 24, 25]]
    assert [changes.added[0].tolist()[:-1] for _, changes in passes.asked] == [[0, 1], [0, 1], [1], [1]]


def test_nothing_is_run_once_all_have_ended():
    passes = Counter()
    out = written(passes, torch.tensor([[10, 1]]), 4, steered, lambda text: text[:, -1] == 12)
    assert out.tolist() == [[12, NOT_WRITTEN, NOT_WRITTEN, NOT_WRITTEN]]
    assert len(passes.asked) == 1
