from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.inspect.head import inspect_head, rank_pairs
from forewarn.inspect.weights import OpenedWeights
from forewarn.lenses.transports import Identity
from forewarn.lenses.views import Factors, ov_factors, qk_factors
from forewarn.records import Unit
from forewarn.subjects.anatomy import BlockAnatomy


def told(found):
    return [(c.about, c.effect, c.through, c.back) for c in found.circuits]


def test_both_circuits_direct_and_total(trained):
    found = inspect_head(trained, Unit(1, 2), 3, 2)
    assert told(found) == [
        ("OV", "direct", "identity", None),
        ("QK", "direct", "identity", 2),
        ("OV", "total", "generative, jacobian", None),
        ("QK", "total", "generative", 2),
    ]
    assert (found.layer, found.unit, found.notes) == (1, 2, ())
    assert all(len(c.top) == len(c.bottom) == 3 for c in found.circuits)


def test_the_pairs_are_those_of_the_views(trained):
    ov, qk, *_ = inspect_head(trained, Unit(2, 0), 2, 1).circuits
    wanted = ov_factors(trained.anatomy, 2, 0, Identity()).top(2)
    assert [(p.first.token, p.second.token) for p in ov.top] == [(w.row, w.column) for w in wanted]
    lowest = qk_factors(trained.anatomy, 2, 0, Identity(), 1).top(2, largest=False)
    assert [p.first.value for p in qk.bottom] == pytest.approx([w.value for w in lowest])


def test_without_scores_the_values_are_told_and_the_reason(trained):
    block = trained.anatomy.block(1)
    lame = replace(block.heads, query=None, key=None, reason="queries pass a norm of their own")
    blocks = (BlockAnatomy(1, block.mlp, lame), *list(trained.anatomy.blocks)[1:])
    found = inspect_head(replace(trained, anatomy=replace(trained.anatomy, blocks=blocks)), Unit(1, 0), 2, 1)
    assert [c.about for c in found.circuits] == ["OV", "OV"]
    assert found.notes == ("QK: queries pass a norm of their own",)


def test_without_lenses_the_transport_leads_from_the_tokens_too(trained):
    class Blind:
        wording, tell = trained.opened.wording, trained.opened.tell

        @property
        def lenses(self):
            raise NotApplicableError("no lens")

    found = inspect_head(replace(trained, opened=Blind()), Unit(1, 0), 1, 1)
    assert told(found)[2:] == [("OV", "total", "jacobian", None), ("QK", "total", "jacobian", 1)]
    assert found.notes == ("which tokens come with its states: no lens",)
    plain = inspect_head(replace(trained, opened=Blind(), total=Identity()), Unit(1, 0), 1, 1)
    assert [c.effect for c in plain.circuits] == ["direct", "direct"]


def test_refusals(opened, trained):
    with pytest.raises(ConfigurationError, match="block 1 has heads 0 to 3; found 4"):
        inspect_head(trained, Unit(1, 4), 2, 1)
    with pytest.raises(NotApplicableError, match=r"attention\.copy"):
        inspect_head(OpenedWeights.of(opened, "identity"), Unit(1, 0), 2, 1)


def test_both_ends_of_a_circuit_in_words():
    factors = Factors(
        torch.tensor([[1.0], [-2.0]]), torch.tensor([[1.0], [3.0], [0.5]]), "direct", "identity"
    )
    found = rank_pairs("QK", factors, str, 2, 4)
    assert (found.back, found.effect, found.through) == (4, "direct", "identity")
    pairs = [[(p.first.word, p.second.word, p.first.value) for p in end] for end in (found.top, found.bottom)]
    assert pairs == [[("0", "1", 3.0), ("0", "0", 1.0)], [("1", "1", -6.0), ("1", "0", -2.0)]]
    assert all(p.first.value == p.second.value for p in found.top)
