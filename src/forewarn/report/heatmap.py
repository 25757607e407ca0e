"""Lens trajectories as inline SVG: site by position, the likeliest token in each cell, shaded by probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from forewarn.records import Trajectories, Trajectory
from forewarn.records.trajectory import Lens
from forewarn.report.templating import fill
from forewarn.report.words import percent

CELL, ROW = 74, 22
LEFT, TOP, GAP, CURVE = 46, 40, 14, 150
LETTERS = 10
"""Most letters of a token in a cell; the whole token is its title."""
MOST_ROWS = 34
"""A model with more sites is drawn without those between attention and MLP, or with every second, third … site."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One site at one position."""

    x: int
    y: int
    word: str
    """As much of it as fits."""
    share: float
    """Probability of the likeliest token, in [0, 1]."""
    match: bool
    """Whether it is the token in question: the next of the prompt, or, backwards, the one that stands there."""
    title: str
    """All that was kept, in words."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A probability over the sites, at the prompt's last position."""

    name: str
    points: tuple[tuple[float, float], ...]
    last: float
    """Probability at the last site."""


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Everything that the drawing needs, placed."""

    width: int
    height: int
    cells: tuple[Cell, ...]
    rows: tuple[tuple[int, str], ...]
    """Vertical place and name of each site."""
    columns: tuple[tuple[int, str, str], ...]
    """Horizontal place, token as far as it fits, and whole."""
    curves: tuple[Curve, ...]
    curve_left: int
    """Where the curves' area begins."""


def heatmap(found: Trajectories, each: Trajectory, lens: Lens, name: str) -> Markup:
    """Draw one prompt through one lens, the last site on top.

    `name` goes into identifiers. Empty where the lens was not taken.
    """
    reading = each.reading(lens)
    if reading is None:
        return Markup("")
    return fill(
        "heatmap.svg",
        map=placed(found, each, lens),
        name=name,
        lens=lens,
        description=describe(found, each, lens),
        cell=CELL,
        row=ROW,
        left=LEFT,
        top=TOP,
        curve=CURVE,
    )


def placed(found: Trajectories, each: Trajectory, lens: Lens) -> Heatmap:
    """Lay out one reading; the prompt's positions from left to right, the sites from the bottom up."""
    kept, n = kept_sites(found.sites), len(each.ids)
    ys = {index: TOP + ROW * (len(kept) - 1 - row) for row, index in enumerate(kept)}
    xs = [LEFT + CELL * k for k in range(n)]
    curves = _curves(each, ys, LEFT + CELL * n + GAP) if lens != "retrodiction" else ()
    words = [found.word(token) for token in each.ids]
    return Heatmap(
        width=LEFT + CELL * n + (GAP + CURVE + 4 if curves else 4),
        height=TOP + ROW * len(kept) + (22 if curves else 4),
        cells=tuple(_cells(found, each, lens, xs, ys)),
        rows=tuple((y, found.sites[index]) for index, y in ys.items()),
        columns=tuple((x, _short(word), word) for x, word in zip(xs, words, strict=True)),
        curves=curves,
        curve_left=LEFT + CELL * n + GAP,
    )


def kept_sites(sites: Sequence[str]) -> tuple[int, ...]:
    """Indices of the sites that are drawn: all if they fit, else fewer, the last one always."""
    kept = tuple(range(len(sites)))
    if len(kept) > MOST_ROWS:
        kept = tuple(index for index in kept if not sites[index].endswith("a"))
    step = -(-len(kept) // MOST_ROWS)
    return tuple(reversed(kept[::-1][:: max(step, 1)]))


def _cells(
    found: Trajectories, each: Trajectory, lens: Lens, xs: Sequence[int], ys: Mapping[int, int]
) -> list[Cell]:
    reading = each.reading(lens)
    if reading is None:
        return []
    wanted = each.ids if lens == "retrodiction" else (*each.ids[1:], -1)
    cells = []
    for index, y in ys.items():
        for k, best in enumerate(reading.tokens[index]):
            likely = reading.probabilities[index][k]
            if best:
                ranked = [f"{found.word(t)} {percent(p)}" for t, p in zip(best, likely, strict=True)]
                title = f"site {found.sites[index]}, {found.word(each.ids[k])}: {', '.join(ranked)}"
                share = min(max(likely[0], 0.0), 1.0)
                cells.append(Cell(xs[k], y, _short(found.word(best[0])), share, best[0] == wanted[k], title))
    return cells


def _curves(each: Trajectory, ys: Mapping[int, int], left: int) -> tuple[Curve, ...]:
    both = (("true answer", each.truth), ("false answers", each.falsehood))
    return tuple(
        Curve(name, tuple(_point(shares[index], y, left) for index, y in ys.items()), shares[-1])
        for name, shares in both
        if shares
    )


def _point(share: float, y: int, left: int) -> tuple[float, float]:
    return round(left + CURVE * min(max(share, 0.0), 1.0), 1), y + ROW / 2


def _short(word: str) -> str:
    return word if len(word) <= LETTERS else f"{word[: LETTERS - 1]}…"


def describe(found: Trajectories, each: Trajectory, lens: Lens) -> str:
    """Tell the drawing to those who do not see it: the last position, site by site."""
    reading = each.reading(lens)
    if reading is None or not each.ids:
        return "Nothing was read."
    tops = [row[-1][0] if row[-1] else None for row in reading.tokens]
    told = [
        f"{s}: {'nothing' if t is None else found.word(t)}" for s, t in zip(found.sites, tops, strict=True)
    ]
    words = f"Likeliest token at the last position, by site: {', '.join(told)}."
    if each.truth is not None and each.falsehood is not None and lens != "retrodiction":
        true, false = percent(each.truth[-1]), percent(each.falsehood[-1])
        words += f" At the last site the true answer has {true}, the false ones together {false}."
    return words
