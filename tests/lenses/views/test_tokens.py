from __future__ import annotations

import pytest
import torch

from forewarn.errors import ConfigurationError
from forewarn.lenses.views import top_tokens

VALUES = torch.tensor([1.0, 5.0, -2.0, 5.0])


def test_largest_and_smallest_first_and_ties_by_token():
    assert top_tokens(VALUES, 3) == ((1, 5.0), (3, 5.0), (0, 1.0))
    assert top_tokens(VALUES, 2, largest=False) == ((2, -2.0), (0, 1.0))


def test_there_are_no_more_than_there_are():
    assert len(top_tokens(VALUES, 10)) == 4
    with pytest.raises(ConfigurationError, match="at least 1 token is asked for; found 0"):
        top_tokens(VALUES, 0)
