from __future__ import annotations

import logging

import pytest

from forewarn.errors import ConfigurationError, DeceptionAlarm
from forewarn.visible import visible

UNSEEN = ("\x1b[2J", "\u202e", "\u2066", "\0", "\u200b", "\ud800", "\u2028")


@pytest.mark.parametrize("odd", UNSEEN)
def test_what_acts_on_a_terminal_is_spelt_out(odd):
    told = visible(f"run {odd} end")
    assert odd not in told and "\\" in told
    told.encode()


def test_words_of_any_language_and_line_ends_stay():
    assert visible("Zürich, 東京\n\tok ✓") == "Zürich, 東京\n\tok ✓"


@pytest.mark.parametrize("odd", UNSEEN)
def test_errors_and_logs_show_it_too(odd, caplog):
    assert odd not in str(ConfigurationError(f"no folder {odd}"))
    assert odd not in str(DeceptionAlarm(3, f"runs/{odd}", f"why {odd}"))
    logging.getLogger("forewarn").warning("a name: %s, %d", odd, 3)
    assert odd not in caplog.text and ", 3" in caplog.text
