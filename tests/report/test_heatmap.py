from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from forewarn.records import LensReading
from forewarn.report.heatmap import (
    CURVE,
    FULL,
    GAP,
    LEFT,
    MOST_ROWS,
    ROW,
    TOP,
    describe,
    heatmap,
    kept_sites,
    placed,
)

DIGEST = "e" * 64
HOSTILE = "</title><script>alert(1)</script>\x1b[31m\u202e"


@pytest.fixture
def found(build):
    return build.trajectories(DIGEST)


CELL, CELLS = 78, LEFT + CURVE + GAP
"""Width of a cell of a short prompt, and where the cells begin beside the curves."""


def _drawn(found, lens="tuned", name="one"):
    return ElementTree.fromstring(heatmap(found, found.trajectories[0], lens, name))


def _class(root, name):
    return [element for element in root.iter() if name in element.get("class", "").split()]


def test_a_cell_for_every_site_and_position_with_the_last_site_on_top(found):
    root = _drawn(found)
    words = _class(root, "word")
    assert len(words) == 7 * 6
    at = {(float(w.get("x")), float(w.get("y"))): w.text for w in words}
    last = CELLS + 5 * CELL + CELL / 2
    column = [at[last, TOP + ROW * row + 15] for row in range(7)]
    assert column == ["Spain", "Spain", "France", "France", "France", "France", "Spain"]
    assert [t.text for t in _class(root, "token")] == ["to", "a", "stranger,", "Lyon", "lies", "in"]


def test_the_shade_is_the_probability(build):
    shares = (0.0, 0.25, 0.5, 0.75, 1.0, 0.1, 0.9)
    reading = LensReading("tuned", tuple(((1,),) for _ in shares), tuple(((p,),) for p in shares))
    one = build.trajectory(ids=(4,), readings=(reading,))
    map_ = placed(build.trajectories(DIGEST, one), one, "tuned")
    assert [cell.share for cell in map_.cells] == list(shares)
    drawn = ElementTree.fromstring(heatmap(build.trajectories(DIGEST, one), one, "tuned", "x"))
    opacities = [float(r.get("fill-opacity")) for r in drawn.iter() if r.get("fill-opacity")]
    assert sorted(opacities) == [pytest.approx(0.04 + 0.66 * p, abs=1e-3) for p in sorted(shares)]


def test_what_is_framed_is_the_next_token_or_backwards_the_token_itself(found):
    forwards, backwards = (placed(found, found.trajectories[0], k) for k in ("tuned", "retrodiction"))
    at = {k: {c.x for c in forwards.cells if c.match and c.x == CELLS + CELL * k} for k in range(6)}
    assert [bool(at[k]) for k in range(6)] == [True] * 5 + [False]
    assert [c.match for c in backwards.cells if c.x == LEFT] == [True] * 5 + [False] * 2


def test_the_answers_curves_lie_where_their_probabilities_are(found):
    map_ = placed(found, found.trajectories[0], "tuned")
    true, false = map_.curves
    assert (true.name, false.name) == ("true answer", "false answers")
    assert true.points[4] == (pytest.approx(LEFT + CURVE * 0.7, abs=0.1), TOP + ROW * 2 + ROW / 2)
    assert false.points[-1][0] == pytest.approx(LEFT + CURVE * 0.95, abs=0.1)
    for other in ("retrodiction", "logit"):
        assert placed(found, found.trajectories[0], other).curves == (), "they are the tuned lens's"
    assert placed(found, replace(found.trajectories[0], truth=None, falsehood=None), "tuned").curves == ()


def test_probabilities_that_are_none_stay_inside_the_drawing(build):
    one = build.trajectory(truth=(9.0,) * 7, falsehood=(-3.0,) * 7)
    map_ = placed(build.trajectories(DIGEST, one), one, "tuned")
    assert all(LEFT <= x <= LEFT + CURVE for curve in map_.curves for x, _ in curve.points)


def test_a_lens_that_was_not_taken_draws_nothing(build):
    one = build.trajectory(readings=())
    assert heatmap(build.trajectories(DIGEST, one), one, "logit", "x") == ""
    assert describe(build.trajectories(DIGEST, one), one, "logit") == "Nothing was read."


def test_it_tells_itself_to_those_who_do_not_see_it(found):
    words = describe(found, found.trajectories[0], "tuned")
    assert "Likeliest token at the last position, by place: resid0: Spain, resid1a: France" in words
    assert words.endswith("At the last place the true answer has 4 %, the false ones together 95 %.")
    root = _drawn(found)
    ids = {element.get("id"): element for element in root.iter() if element.get("id")}
    assert all(label in ids for label in root.get("aria-labelledby").split())


def test_long_and_hostile_words_are_cut_and_escaped(build):
    found = build.trajectories(DIGEST)
    found = replace(found, words={**found.words, "10": HOSTILE, "7": "Llanfairpwllgwyngyll"})
    text = heatmap(found, found.trajectories[0], "tuned", "x")
    root = ElementTree.fromstring(text)
    assert "<script" not in text and not set("\x1b\u202e") & set(text)
    assert "Llanfairpw…" in [t.text for t in _class(root, "token")]
    assert "Llanfairpwllgwyngyll" in "".join(root.itertext())


@pytest.mark.parametrize(("n", "cell"), [(1, 78), (6, 78), (10, 64), (12, 54), (24, 54)])
def test_cells_of_longer_prompts_are_narrower_until_words_would_not_be_read(build, n, cell):
    reading = LensReading("tuned", (((1,),) * n,) * 7, (((0.5,),) * n,) * 7)
    one = build.trajectory(ids=(7,) * n, readings=(reading,))
    map_ = placed(build.trajectories(DIGEST, one), one, "tuned")
    assert map_.cell == cell and map_.width == CELLS + cell * n + 4
    assert (map_.width <= FULL) is (n < 12)


@pytest.mark.parametrize(("layers", "rows"), [(4, 9), (16, 33), (24, 25), (60, 31), (200, 34)])
def test_deep_models_are_drawn_with_fewer_sites_and_always_with_the_last(layers, rows):
    sites = ["0", *(f"{k}{a}" for k in range(1, layers + 1) for a in ("a", ""))]
    kept = kept_sites(sites)
    assert len(kept) == rows <= MOST_ROWS
    assert kept[-1] == len(sites) - 1 and list(kept) == sorted(set(kept))
