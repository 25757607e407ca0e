from __future__ import annotations

import math

import pytest

from forewarn.report.words import count, ends, figure, likely, percent, plain, sentence, steps
from forewarn.visible import visible


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.5, "50 %"),
        (0.049, "4.9 %"),
        (0.05, "5 %"),
        (0.9501, "95 %"),
        (0.997, "99.7 %"),
        (0.99999, "> 99.9 %"),
        (1e-9, "< 0.1 %"),
        (math.nan, "not a number"),
    ],
)
def test_percent_never_rounds_to_certainty(share, words):
    assert percent(share) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.62, "0.62"),
        (-0.1234, "−0.123"),
        (0, "0"),
        (12345, "12345"),
        (1e-7, "1e−07"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
    ],
)
def test_figure(value, words):
    assert figure(value) == words


def test_counts_and_steps():
    assert count(1, "look") == "1 look"
    assert count(1200, "fact") == "1 200 facts"
    assert steps([40]) == "step 40"
    assert steps([40, 80, 120]) == "steps 40, 80 and 120"
    assert steps(range(0, 70, 10)) == "steps 0, 10, 20, 30, 40 and 2 more"


@pytest.mark.parametrize("hidden", ["\x1b", "\x00", "\u202e", "\u2066", "\ud800", "\u2028", "\x9b", "\u200b"])
def test_what_a_terminal_would_act_on_is_spelt_out(hidden):
    assert hidden not in visible(f"a{hidden}b")
    assert visible(f"a{hidden}b").startswith("a\\")


def test_ordinary_text_of_any_script_is_left_alone():
    text = "Zürich, 東京, القاهرة: 50 % ✓\n\tnext"
    assert visible(text) == text


def test_settings_are_written_as_json_and_text_as_it_stands():
    assert plain("halt") == "halt"
    assert plain({"b": None, "a": [1, True]}) == '{"a": [1, true], "b": null}'


def test_open_sentences_are_closed():
    closed = [sentence(text) for text in ("It lies", "It lies.", "Does it? ")]
    assert closed == ["It lies.", "It lies.", "Does it?"]


def test_a_judges_probability_is_never_certain_even_where_its_last_digit_is_lost():
    assert [likely(p) for p in (1.0, 0.97, 0.0)] == ["> 99.9 %", "97 %", "< 0.1 %"]


def test_an_interval_is_never_written_as_certainty():
    assert ends(0.99999, 1.0) == "> 99.9 % to > 99.9 %"
    assert ends(0.0, 0.31) == "0 % to 31 %"
