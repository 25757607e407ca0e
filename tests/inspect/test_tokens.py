from __future__ import annotations

import torch

from forewarn.inspect.tokens import circuit, ranking
from forewarn.lenses.views import Factors, TokenView


def test_both_ends_of_a_view_in_words():
    view = TokenView(torch.tensor([[1.0, -2.0, 3.0], [9.0, 9.0, 9.0]]), "total", "jacobian")
    found = ranking("reads", view, lambda token: f"w{token}", 2)
    assert (found.about, found.through, found.effect) == ("reads", "jacobian", "total")
    assert [(s.token, s.word, s.value) for s in found.top] == [(2, "w2", 3.0), (0, "w0", 1.0)]
    assert [s.token for s in found.bottom] == [1, 0]


def test_both_ends_of_a_circuit_in_words():
    factors = Factors(
        torch.tensor([[1.0], [-2.0]]), torch.tensor([[1.0], [3.0], [0.5]]), "direct", "identity"
    )
    found = circuit("QK", factors, str, 2, 4)
    assert (found.back, found.effect, found.through) == (4, "direct", "identity")
    pairs = [[(p.first.word, p.second.word, p.first.value) for p in end] for end in (found.top, found.bottom)]
    assert pairs == [[("0", "1", 3.0), ("0", "0", 1.0)], [("1", "1", -6.0), ("1", "0", -2.0)]]
    assert all(p.first.value == p.second.value for p in found.top)
