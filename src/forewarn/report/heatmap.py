"""Lens trajectories as inline SVG: site by position, the likeliest token in each cell, shaded by probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from forewarn.records import Trajectories, Trajectory
from forewarn.records.trajectory import Lens
from forewarn.report.sentences import stream_place
from forewarn.report.templating import fill
from forewarn.report.words import percent

ROW, LEFT, TOP, GAP, CURVE = 22, 58, 40, 16, 136
FULL = 856
"""Width of the page, in which all cells find place if they can."""
NARROWEST, WIDEST = 54, 78
"""Of a cell."""
LETTER = 6.4
"""Width of a letter: what does not fit into a cell is cut, and the whole token is its title."""
FAINTEST, SHADES = 0.04, 0.66
"""Opacity of a cell of probability 0, and what is added up to probability 1."""
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
    cell: int
    """Width of a cell."""
    left: int
    """Where the cells begin."""
    curves: tuple[Curve, ...]
    """Of the tuned lens alone, before the cells so that they are seen whatever the prompt's length."""


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
        row=ROW,
        names=LEFT,
        top=TOP,
        curve=CURVE,
        shade=shade,
    )


def shade(share: float) -> float:
    """Opacity of a cell by its probability. The style's colours keep its words legible at every shade."""
    return round(FAINTEST + SHADES * share, 3)


def placed(found: Trajectories, each: Trajectory, lens: Lens) -> Heatmap:
    """Lay out one reading; the prompt's positions from left to right, the sites from the bottom up."""
    kept, n = kept_sites(found.sites), len(each.ids)
    ys = {index: TOP + ROW * (len(kept) - 1 - row) for row, index in enumerate(kept)}
    curves = _curves(each, ys) if lens == "tuned" else ()
    left = LEFT + (CURVE + GAP if curves else 0)
    cell = min(max((FULL - LEFT - CURVE - GAP) // max(n, 1), NARROWEST), WIDEST)
    xs = [left + cell * k for k in range(n)]
    words = [found.word(token) for token in each.ids]
    return Heatmap(
        width=left + cell * n + 4,
        height=TOP + ROW * len(kept) + (22 if curves else 4),
        cells=tuple(_cells(found, each, lens, xs, ys)),
        rows=tuple((y, stream_place(found.sites[index])) for index, y in ys.items()),
        columns=tuple((x, short(word, cell), word) for x, word in zip(xs, words, strict=True)),
        cell=cell,
        left=left,
        curves=curves,
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
    cells, wide = [], xs[1] - xs[0] if len(xs) > 1 else WIDEST
    for index, y in ys.items():
        for k, best in enumerate(reading.tokens[index]):
            likely = reading.probabilities[index][k]
            if best:
                ranked = [f"{found.word(t)} {percent(p)}" for t, p in zip(best, likely, strict=True)]
                title = f"{stream_place(found.sites[index])}, {found.word(each.ids[k])}: {', '.join(ranked)}"
                share = min(max(likely[0], 0.0), 1.0)
                word = short(found.word(best[0]), wide)
                cells.append(Cell(xs[k], y, word, share, best[0] == wanted[k], title))
    return cells


def _curves(each: Trajectory, ys: Mapping[int, int]) -> tuple[Curve, ...]:
    both = (("true answer", each.truth), ("false answers", each.falsehood))
    return tuple(
        Curve(name, tuple(_point(shares[index], y) for index, y in ys.items()), shares[-1])
        for name, shares in both
        if shares
    )


def _point(share: float, y: int) -> tuple[float, float]:
    return round(LEFT + CURVE * min(max(share, 0.0), 1.0), 1), y + ROW / 2


def short(word: str, width: int) -> str:
    """As much of a word as finds place in a cell of that width."""
    most = int((width - 4) / LETTER)
    return word if len(word) <= most else f"{word[: most - 1]}…"


def describe(found: Trajectories, each: Trajectory, lens: Lens) -> str:
    """Tell the drawing to those who do not see it: the last position, site by site."""
    reading = each.reading(lens)
    if reading is None or not each.ids:
        return "Nothing was read."
    tops = [row[-1][0] if row[-1] else None for row in reading.tokens]
    told = [
        f"{stream_place(site)}: {'nothing' if top is None else found.word(top)}"
        for site, top in zip(found.sites, tops, strict=True)
    ]
    words = f"Likeliest token at the last position, by place: {', '.join(told)}."
    if each.truth is not None and each.falsehood is not None and lens != "retrodiction":
        true, false = percent(each.truth[-1]), percent(each.falsehood[-1])
        words += f" At the last place the true answer has {true}, the false ones together {false}."
    return words
