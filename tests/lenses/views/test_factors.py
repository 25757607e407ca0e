from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from forewarn.errors import ConfigurationError
from forewarn.lenses.views import Factors


def factors(n=11, m=7, r=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    left, right = (torch.randn(k, r, generator=generator, dtype=torch.float64) for k in (n, m))
    return Factors(left, right, "total", "jacobian")


def materialised(found):
    return torch.einsum("nr,mr->nm", found.left, found.right)


@given(
    n=st.integers(1, 12),
    m=st.integers(1, 12),
    k=st.integers(1, 9),
    entries=st.integers(1, 40),
    largest=st.booleans(),
    seed=st.integers(0, 999),
)
def test_the_search_finds_what_the_whole_matrix_shows(n, m, k, entries, largest, seed):
    found = factors(n, m, seed=seed)
    whole = materialised(found)
    wanted = whole.flatten().sort(descending=largest).values[: min(k, n * m)]
    top = found.top(k, largest=largest, entries=entries)
    assert torch.allclose(torch.tensor([p.value for p in top], dtype=torch.float64), wanted)
    assert all(whole[p.row, p.column].item() == pytest.approx(p.value) for p in top)
    assert len({(p.row, p.column) for p in top}) == len(top)


def test_rows_that_cannot_matter_are_never_read():
    """One long row holds the best pairs: the search ends there (a block of NaN would spoil it otherwise)."""
    left = torch.ones(4, 2)
    left[0] = 100.0
    found = Factors(left, torch.ones(3, 2), "direct", "identity")
    blocks = list(found._blocks(1))
    assert int(blocks[0][0]) == 0 and blocks[1][1] < 100.0
    assert {p.row for p in found.top(3, entries=3)} == {0}


def test_entries_and_rows():
    found = factors()
    whole = materialised(found)
    assert torch.allclose(found.entries([0, 5, 5], [6, 2, 0]), whole[[0, 5, 5], [6, 2, 0]])
    assert torch.allclose(found.row(4), whole[4])


def test_no_pair_is_no_question():
    with pytest.raises(ConfigurationError, match="at least 1 pair is asked for; found 0"):
        factors().top(0)
