from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from forewarn.cli.inspect_units import head_text, neuron_text, virtual_text


def printed(parts, width=10_000):
    stream = io.StringIO()
    console = Console(file=stream, width=width, highlight=False, markup=False)
    for part in parts:
        console.print(part)
    return stream.getvalue()


def test_a_neuron_is_told_from_both_sides(build):
    text = printed(neuron_text(build.neuron()))
    lines = [line.split() for line in text.splitlines()]
    assert "Neuron 2.17 (one of 128 in block 2, gated)" in text
    assert (
        "writes, direct effect, through identity\n  raises: France 2.1, Spain 1.3\n  lowers: record: −2, a −0.4"
        in text
    )
    assert "reads (up), total effect, through generative\n  raised by:" in text
    assert ["all", "0.2", "0.4", "−0.17", "2.3", "40", "%", "96"] in lines
    assert ["neuron", "1.68,", "to", "its", "up", "part", "−0.11", "−0.112", "0.112"] in lines
    assert ["head", "1.2", "0.5", "0.4", "0.4"] in lines
    assert ["neuron", "3.48", "(up)", "−0.11", "−0.12", "0.12"] in lines
    assert "heads of block 2 are factored" in text and "Direct: through the stream alone" in text


def test_a_neuron_without_links_says_nothing_of_them(build):
    text = printed(neuron_text(replace(build.neuron(), gated=False, into=(), heads=(), out=(), notes=())))
    assert "strongest first" not in text and "gated" not in text and "Direct:" not in text


def test_virtual_weights_have_their_spread(build):
    text = printed(virtual_text(build.virtual()))
    lines = [line.split() for line in text.splitlines()]
    assert "Neurons of block 3 that read neuron 2.17, strongest first" in text
    assert ["neuron", "3.48", "(up)", "−0.11", "−0.2", "0.05", "0.2"] in lines
    assert ["neuron", "3.5", "0.08", "−0.03", "not", "known", "0.03"] in lines
    assert "a rank correlation of 0.83" in text
    assert (
        "the jacobian transport varies by 7 % of its size, and the reader's 1/sigma varies by 15.7 %" in text
    )


def test_without_any_spread_there_is_no_column(build):
    links = tuple(replace(link, spread=None) for link in build.virtual().links)
    assert "sd over contexts" not in printed(virtual_text(replace(build.virtual(), links=links)))


def test_a_head_is_told_in_pairs(build):
    text = printed(head_text(build.head()))
    assert "Head 1.0 (one of 4 in block 1)" in text
    assert "OV: attended token → output token; direct effect, through identity" in text
    assert "QK: query token ← key token 1 back; direct effect, through identity" in text
    assert "Lyon → France  3.2" in text and "a ← France  −3.1" in text


def test_eighty_columns_hold_a_neuron_a_link_and_a_head_as_tables(build):
    neuron = build.neuron()
    long = replace(neuron.fired[0], context="to a stranger, off the record: (claimed by latent-policy)")
    parts = [
        *neuron_text(replace(neuron, fired=(long,))),
        *virtual_text(build.virtual()),
        *head_text(build.head()),
    ]
    text = printed(parts, width=80)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "mean: " not in text and "direct: " not in text, "no table falls apart into records"


def test_hostile_words_are_spelt_out(build):
    text = printed([*neuron_text(build.neuron("\x1b[31m\n")), *head_text(build.head("\u202e"))])
    assert "\x1b" not in text and "\u202e" not in text
    assert "\\x1b[31m\\n 2.1" in text
