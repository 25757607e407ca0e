from __future__ import annotations

import pytest
import torch

from forewarn.auditset import Encoder, Part, Prompt
from forewarn.instruments.steering.by_position import ByPosition, by_length, redrawn, states_at
from forewarn.records import StreamSite


def counted(n, start=0):
    """Vectors that say which row they are."""
    return torch.arange(start, start + n).float()[:, None].expand(n, 2)


@pytest.fixture
def inputs(planted):
    return planted.inputs(planted.LIAR)


@pytest.mark.parametrize("text", ["0", "1", "3"])
def test_a_mean_is_that_of_the_streams_position_by_position(inputs, planted, text):
    site, facts = StreamSite.parse(text), inputs.audit_set.facts[:5]
    condition = planted.LIAR.condition("off")
    rows = ByPosition.means(inputs, site, facts, condition)
    prompts = [p.ids for p in inputs.prompts(facts, condition)]
    slow = torch.stack(inputs.subject.streams(prompts, site.layer)).mean(0)
    assert torch.allclose(torch.cat([*rows.parts.values(), rows.question]), slow)
    assert list(rows.parts) == ["listener", "record"]


def test_middle_sites_are_read_too(planted, wired):
    inputs = wired.inputs(planted.LIAR)
    prompts = inputs.prompts(inputs.audit_set.facts[:3], planted.LIAR.base)
    states = states_at(inputs, StreamSite(1, True), prompts)
    for h, prompt in zip(states, prompts, strict=True):
        assert torch.equal(h, inputs.subject.states([prompt.ids], [StreamSite(1, True)])[0])
    whole = states_at(inputs, StreamSite(1), prompts)
    assert all(torch.equal(a, b) for a, b in zip(whole, inputs.subject.streams(
        [p.ids for p in prompts], 1
    ), strict=True))  # fmt: skip


def test_a_difference_is_taken_from_the_ends_where_both_have_rows():
    one = ByPosition({"a": counted(3), "b": counted(2)}, counted(4))
    other = ByPosition({"a": counted(2, 10), "c": counted(2)}, counted(6, 100))
    found = one.minus(other)
    assert list(found.parts) == ["a"]
    assert found.parts["a"][:, 0].tolist() == [1 - 10, 2 - 11]
    assert found.question[:, 0].tolist() == [i - (102 + i) for i in range(4)]


def test_rows_are_laid_out_by_slot_from_the_ends():
    rows = ByPosition({"b": counted(2, 10), "a": counted(1, 20)}, counted(3, 30))
    condition = (Part("a", "long one"), Part("b", "x"), Part("c", "new"))
    prompt = Prompt(tuple(range(9)), ((0, 2), (2, 3), (3, 4)), None)
    laid = rows.at(prompt, condition)[:, 0].tolist()
    assert laid == [0, 20, 11, 0, 0, 0, 30, 31, 32]


def test_a_question_shorter_than_the_rows_leaves_the_context_alone():
    rows = ByPosition({"a": counted(1, 20)}, counted(3, 30))
    prompt = Prompt((0, 1, 2), ((0, 1),), None)
    assert rows.at(prompt, (Part("a", "x"),))[:, 0].tolist() == [20, 31, 32]


def test_facts_of_one_length_stand_together(planted):
    class Lengthy(Encoder):
        """Asks every third question with a word more."""

        def prompt(self, fact, condition):
            found = super().prompt(fact, condition)
            extra = (2,) if int(fact.entity[4:]) % 3 == 0 else ()
            return Prompt(found.ids + extra, found.spans, found.entity)

    plant = planted.LIAR
    inputs = planted.ask_model(planted.model(plant), plant.audit_set(), Lengthy(planted.Words(plant.words)))
    groups = by_length(inputs, plant.facts, plant.base)
    assert [len(g) for g in groups] == [8, 16]
    assert {f.key for g in groups for f, _ in g} == {f.key for f in plant.facts}
    assert all(len({len(p.ids) for _, p in g}) == 1 for g in groups)


def test_redrawn_rows_are_as_long_and_zero_stays_zero():
    rows = torch.randn(5, 7, generator=torch.Generator().manual_seed(1))
    rows[2] = 0.0
    one, two = (redrawn(rows, torch.Generator().manual_seed(0)) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.allclose(one.norm(dim=-1), rows.norm(dim=-1), atol=1e-6)
    assert not one[2].any()
