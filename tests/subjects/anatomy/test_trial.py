"""The batch on which a decoder is taken apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from forewarn.subjects.anatomy.trial import BATCH, LENGTH, block_calls, trial_batch
from forewarn.subjects.opening import open_subject


@pytest.fixture(scope="module")
def subject(own, prompts):
    return open_subject(own.seeded(own.GPT, layers=3), None, prompts)


def test_tokens_are_those_of_the_examples_where_there_are_enough(subject):
    ids = trial_batch(subject._found, [[3, 4, 5], [9, 3]])
    assert ids.shape == (BATCH, LENGTH) and set(ids.flatten().tolist()) == {3, 4, 5, 9}
    assert torch.equal(ids, trial_batch(subject._found, [[3, 4, 5], [9, 3]]))
    assert len(set(trial_batch(subject._found, [[3]]).flatten().tolist())) > 10
    assert int(trial_batch(subject._found, ()).max()) < subject.layout.tokens


def test_it_is_no_longer_than_the_model_takes(subject):
    short = subject._found.laid_out(replace(subject.layout, max_length=2))
    assert trial_batch(short, ()).shape == (BATCH, 2)


@torch.no_grad()
def test_calls_are_those_of_the_blocks(subject):
    decoder = subject._found.module
    ids = trial_batch(subject._found, ())
    calls = block_calls(subject._found, ids)
    assert [c.module for c in calls] == list(decoder.h)
    for before, after in pairwise(calls):
        assert torch.equal(before.gave, after.given)
    x = decoder.wte(ids) + decoder.wpe(torch.arange(LENGTH))
    torch.testing.assert_close(calls[0].given, x)
    assert not any(m._forward_hooks for m in decoder.modules())
