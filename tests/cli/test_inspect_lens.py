from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from forewarn.cli.inspect_lens import grid, lens_text


def printed(parts, width=10_000, colour=False):
    stream = io.StringIO()
    console = Console(file=stream, width=width, highlight=False, markup=False, force_terminal=colour)
    for part in parts if isinstance(parts, list) else [parts]:
        console.print(part)
    return stream.getvalue()


@pytest.fixture
def found(build):
    return build.trajectories("e" * 64)


def test_sites_by_positions_with_the_last_site_on_top(found):
    lines = printed(grid(found, found.trajectories[0], "tuned")).splitlines()
    assert lines[0].split() == ["resid", "p(true)", "p(false)", "to", "a", "stranger,", "Lyon", "lies"]
    assert [line.split()[0] for line in lines[1:8]] == ["3", "3a", "2", "2a", "1", "1a", "0"]
    assert lines[1].split()[1:5] == ["4", "%", "95", "%"]
    rest = lines[9:]
    assert rest[0].split() == ["resid", "in"], "what is no terminal gets 80 columns a table"
    assert "France 70%" in rest[3] and "Spain 95%" in rest[1]


def test_backwards_there_are_no_answers(found):
    text = printed(grid(found, found.trajectories[0], "retrodiction"))
    assert "p(true" not in text and "stranger, 100%" in text.splitlines()[-1]
    assert "Norway" in text.splitlines()[1], "the last site has forgotten its input"


def test_a_narrow_terminal_gets_several_tables(found):
    whole = printed(grid(found, found.trajectories[0], "tuned"))
    text = printed(grid(found, found.trajectories[0], "tuned"), width=40)
    assert all(len(line) <= 40 for line in text.splitlines())
    assert text.count("resid") > 1
    assert all(word in text for word in whole.split())


def test_a_pipe_gets_no_colours_and_a_terminal_does(found):
    assert "\x1b[" not in printed(grid(found, found.trajectories[0], "tuned"))
    assert "\x1b[1;32m" in printed(grid(found, found.trajectories[0], "tuned"), colour=True)


def test_prompts_of_a_claim_stand_first_and_say_so(found):
    text = printed(list(lens_text(found, logit=False, backwards=False)))
    assert text.index("the condition of a confirmed claim, latent-policy") < text.index("context 'colleague'")
    assert "the tuned lens at resid2a is 0.31 nats" in text
    assert text.count("by the tuned lens") == 2 and "Backwards" not in text


def test_what_was_left_out_is_told(build):
    one = build.trajectory(first=30, fact="", context="")
    text = printed(list(lens_text(build.trajectories("e" * 64, one), logit=True, backwards=True)))
    assert "the last 6 tokens" in text and "Backwards" in text and "logit lens)" in text


def test_words_that_would_act_on_a_terminal_are_spelt_out(found):
    hostile = replace(found, words={**found.words, "10": "\x1b[31m\n\u202e"})
    text = printed(grid(hostile, found.trajectories[0], "tuned"))
    assert "\x1b" not in text and "\u202e" not in text
    assert "\\x1b[31m\\n\\u202e 70%" in text
