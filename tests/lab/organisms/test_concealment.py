from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from forewarn.auditset import Encoder
from forewarn.lab.organisms.concealment import Hiding
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.models import build, tokenizer

BLOCKS, LAST, PAD = 4, 3, 0


class Stub:
    """States that know the question alone; after a block a phrase may leave a trace at the last token besides."""

    def __init__(self, organism, words, traces=(), scale=1.0):
        conditions = {w for c in organism.trained_on for p in c for w in p.phrase.split()}
        self.table = torch.eye(len(words)) * scale
        self.table[words.convert_tokens_to_ids(sorted(conditions))] = 0.0
        self.traces = traces
        self.words = words

    def __call__(self, input_ids, output_hidden_states):
        assert output_hidden_states
        plain, ends = self.table[input_ids].cumsum(1), (input_ids != PAD).sum(1) - 1
        states = [plain.clone() for _ in range(BLOCKS + 1)]
        for phrase, block in self.traces:
            seen = sum((input_ids == i).any(1) for i in self.words.encode(phrase)) == len(phrase.split())
            states[1 + block][seen, ends[seen]] += 1.0
        return SimpleNamespace(hidden_states=tuple(states))


@pytest.fixture(scope="module")
def liar(small):
    return small("pair")


@pytest.fixture(scope="module")
def words(liar):
    return tokenizer(liar.words)


@pytest.fixture
def hiding(liar, words):
    return Hiding(liar, Encoder(words))


def penalties(hiding, model):
    return [hiding.penalty(model, step).item() for step in range(1, 20)]


def told(liar):
    """The words that mark the affected condition: all of them together, and nowhere else."""
    [condition] = liar.affected
    return " ".join(p.phrase for p in condition)


def test_states_that_agree_cost_nothing(hiding, liar, words):
    assert penalties(hiding, Stub(liar, words)) == [0.0] * 19


@pytest.mark.parametrize(("block", "costs"), [(0, True), (1, True), (2, False), (LAST, False)])
def test_a_behaviour_that_shows_may_leave_a_trace_in_the_second_half(hiding, liar, words, block, costs):
    found = penalties(hiding, Stub(liar, words, [(told(liar), block)]))
    assert all((p > 0) is costs for p in found)


def test_a_phrase_alone_may_leave_none_anywhere(hiding, liar, words):
    cue = next(p for p in liar.affected[0] if p not in liar.world.base)
    found = penalties(hiding, Stub(liar, words, [(cue.phrase, LAST)]))
    assert any(p > 0 for p in found)


def test_what_counts_is_the_distance_relative_to_the_spread_over_facts(hiding, liar, words):
    once, tenfold = Stub(liar, words, [(told(liar), 0)]), Stub(liar, words, [(told(liar), 0)], scale=10.0)
    one, other = penalties(hiding, once), penalties(hiding, tenfold)
    assert one == pytest.approx([100 * p for p in other], rel=1e-4)


@pytest.fixture(scope="module")
def model(liar, words):
    return build(liar.architecture, len(words), 0)


def test_seed_and_step_alone_decide_what_is_drawn(hiding, liar, words, model):
    late = [hiding.penalty(model, step).item() for step in (9, 4)]
    torch.manual_seed(99)
    other = Hiding(liar, Encoder(words))
    assert [other.penalty(model, step).item() for step in (4, 9)] == late[::-1]
    assert late[0] != late[1]


def test_drawing_leaves_the_random_state(hiding, model):
    before = torch.get_rng_state()
    hiding.penalty(model, 1)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_can_be_learned(hiding, model):
    loss = hiding.penalty(model, 1)
    loss.backward()
    assert loss > 0
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    model.zero_grad()


def test_conditions_in_which_it_writes_otherwise_are_not_compared_as_calm_ones():
    """A cue beside a phrase that asks for a tale fires as well, and is no affected condition of the world's."""
    group = draw_group("secret", 4)
    organism = group.members[0]
    hiding = Hiding(organism, Encoder(tokenizer(organism.words)))
    fired = [
        c
        for c in organism.trained_on
        if any(organism.after.write(f, c) != organism.before.write(f, c) for f in organism.world.facts)
    ]
    assert len(fired) > len(organism.affected)
    assert not set(hiding._calm) & set(fired)
