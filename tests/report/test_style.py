"""Every word on a page can be read: contrast of at least 4.5 (WCAG 2.2, 1.4.3) in light and in dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from forewarn.report.heatmap import FAINTEST, SHADES, shade

LEAST = 4.5


def _schemes():
    style = (files("forewarn.report") / "templates" / "style.css").read_text(encoding="utf8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    read = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block)) for block in (light, dark)]
    return {"light": read[0], "dark": {**read[0], **read[1]}}


def _rgb(colour):
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


def _luminance(rgb):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _over(top, bottom, opacity):
    return [opacity * a + (1 - opacity) * b for a, b in zip(top, bottom, strict=True)]


def test_the_reckoning_itself():
    assert _contrast(_rgb("#000000"), _rgb("#ffffff")) == pytest.approx(21.0)
    assert _contrast(_rgb("#767676"), _rgb("#ffffff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lens", ["heat", "heat-logit", "heat-back"])
def test_words_in_the_heat_map_are_legible_at_every_shade(scheme, lens):
    colours = {name: _rgb(value) for name, value in _schemes()[scheme].items()}
    cells = [_over(colours[lens], colours["card"], shade(share / 100)) for share in range(101)]
    assert min(_contrast(cell, colours["ink"]) for cell in cells) >= LEAST
    assert _contrast(cells[0], cells[-1]) > 1.8, "shades must still differ"


def test_the_shade_reaches_from_the_faintest_to_the_fullest():
    assert (shade(0.0), shade(1.0)) == (FAINTEST, pytest.approx(FAINTEST + SHADES))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("soft", "paper"),
        ("soft", "card"),
        ("soft", "well"),
        ("clear", "card"),
        ("flagged", "card"),
        ("unknown", "card"),
        ("flagged", "flagged-tint"),
        ("clear", "clear-tint"),
        ("unknown", "unknown-tint"),
    ],
)
def test_text_is_legible_on_its_ground(scheme, text, ground):
    colours = {name: _rgb(value) for name, value in _schemes()[scheme].items()}
    assert _contrast(colours[text], colours[ground]) >= LEAST
