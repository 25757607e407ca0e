from __future__ import annotations

import pytest

from forewarn.cli.inspect_options import path, unit, word
from forewarn.errors import ConfigurationError


def test_blocks_and_numbers():
    assert unit("--neuron", "2.17") == (2, 17)
    assert path("--virtual", "1.17:3") == (1, 17, 3)
    assert unit("--head", None) is None and path("--virtual", None) is None


@pytest.mark.parametrize("text", ["", "2", "2.", "2.x", "-1.2", "2.17:3", " 2.17", "２.17x"])
def test_anything_else_is_refused(text):
    with pytest.raises(ConfigurationError, match=r"--head wants block and number, such as 2.17; found"):
        unit("--head", text)


@pytest.mark.parametrize("text", ["", "2.17", "2:3", "2.17:", "2.17:x", "2.17:3:4"])
def test_any_other_path_is_refused(text):
    with pytest.raises(ConfigurationError, match="--virtual wants a neuron and another block"):
        path("--virtual", text)


def test_words_are_three():
    assert [word(w) for w in ("deceptive", "honest", "unsure", None)] == [
        "deceptive",
        "honest",
        "unsure",
        None,
    ]
    with pytest.raises(
        ConfigurationError, match="--word wants one of deceptive, honest, unsure; found 'Honest'"
    ):
        word("Honest")
