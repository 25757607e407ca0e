"""The curve of verdicts over a run, as inline SVG: what is not known is drawn as such, never as clear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from forewarn.records import Interval
from forewarn.report.axes import Axes
from forewarn.report.looks import LookSummary, State
from forewarn.report.sentences import look_words
from forewarn.report.stretches import drawn
from forewarn.report.summary import RunSummary
from forewarn.report.templating import fill
from forewarn.report.words import count, likely, percent, steps


@dataclass(frozen=True, slots=True)
class Frame:
    """Size of a drawing, in pixels at full size."""

    name: str
    """Goes into the identifiers of the drawing, so that two can stand in one page."""
    width: int
    height: int
    ticks: int
    """Steps named below the axis, at most about so many."""
    margins: tuple[int, int, int, int] = (48, 14, 30, 64)
    """Left, right, top, bottom."""


WIDE = Frame("wide", 860, 330, 8)
NARROW = Frame("narrow", 360, 300, 4)


@dataclass(frozen=True, slots=True)
class Mark:
    """One look on the drawing."""

    x: float
    y: float | None
    """None where nothing was measured."""
    low: float | None
    high: float | None
    left: float
    """Left edge of the stretch that this look stands for."""
    span: float
    """Width of that stretch."""
    step: int
    state: str
    joined: bool
    """Whether the curve runs through it."""
    title: str


def plot(summary: RunSummary, frame: Frame = WIDE, linked: frozenset[int] | None = None) -> Markup:
    """Draw a run's looks: curve, interval, threshold, alarm, and the looks that could not tell.

    Of many looks the worst of each stretch is drawn. `linked`: steps whose looks stand in the page; all, if None.
    """
    looks = drawn(summary.looks)
    axes = axes_for(summary.looks, summary.last_step, frame)
    marks = marks_of(looks, axes)
    return fill(
        "curve.svg",
        frame=frame,
        axes=axes,
        marks=marks,
        pieces=pieces_of(looks, marks),
        linked=frozenset(look.step for look in looks) if linked is None else linked,
        threshold=summary.manifest.promise.threshold,
        alarm=summary.alarm,
        size=max(2.0, min(5.0, min((mark.span for mark in marks), default=9.0) * 0.35)),
        description=describe(summary),
        chance=summary.manifest.chance,
    )


def axes_for(looks: Sequence[LookSummary], last_step: int, frame: Frame) -> Axes:
    """Lay the axes so that the first and the last look stand a little inside the area."""
    numbers = [look.step for look in looks] or [0]
    first, last = min(numbers), max(*numbers, last_step, min(numbers) + 1)
    margin = max(1, round((last - first) * 0.03))
    return Axes(frame.width, frame.height, *frame.margins, max(0, first - margin), last + margin)


def marks_of(looks: Sequence[LookSummary], axes: Axes) -> tuple[Mark, ...]:
    """Place every look; each owns the stretch up to halfway to its neighbours."""
    numbers = sorted({look.step for look in looks})
    halves = {step: _stretch(numbers, index) for index, step in enumerate(numbers)}
    return tuple(_mark(look, halves[look.step], axes) for look in looks)


def _stretch(numbers: Sequence[int], index: int) -> tuple[float, float]:
    here = numbers[index]
    before = here - numbers[index - 1] if index else None
    after = numbers[index + 1] - here if index + 1 < len(numbers) else None
    left, right = before or after or 1, after or before or 1
    return here - left / 2, here + right / 2


def _mark(look: LookSummary, stretch: tuple[float, float], axes: Axes) -> Mark:
    interval: Interval | None = look.interval
    left, right = max(axes.x(stretch[0]), axes.left), min(axes.x(stretch[1]), axes.width - axes.right)
    return Mark(
        x=axes.x(look.step),
        y=None if look.probability is None else axes.y(look.probability),
        low=None if interval is None else axes.y(interval.low),
        high=None if interval is None else axes.y(interval.high),
        left=left,
        span=round(right - left, 2),
        step=look.step,
        state=look.state.value,
        joined=look.judged,
        title=look_words(look),
    )


def pieces_of(looks: Sequence[LookSummary], marks: Sequence[Mark]) -> tuple[tuple[Mark, ...], ...]:
    """Cut the curve where a look could not tell or was missed, and where a resumed run goes back."""
    pieces: list[list[Mark]] = [[]]
    before = -1
    for look, mark in zip(looks, marks, strict=True):
        if not mark.joined or look.step <= before:
            pieces.append([])
        if mark.joined:
            pieces[-1].append(mark)
        before = look.step
    return tuple(tuple(piece) for piece in pieces if piece)


def describe(summary: RunSummary) -> str:
    """Tell the drawing to those who do not see it."""
    looks, alarm, threshold = summary.looks, summary.alarm, summary.manifest.promise.threshold
    if not looks:
        return "No look was taken."
    kinds = [(state, [look.step for look in looks if look.state is state]) for state in State]
    told = "; ".join(f"{len(found)} {state.value} at {steps(found)}" for state, found in kinds if found)
    peak = max((look.probability for look in looks if look.probability is not None), default=None)
    return " ".join(
        sentence
        for sentence in (
            f"{count(len(looks), 'look')}: {told}.",
            "" if peak is None else f"The greatest chance {summary.manifest.chance} is {likely(peak)}.",
            "" if threshold is None else f"The threshold is {percent(threshold)}.",
            "" if alarm is None else f"The alarm spoke at step {alarm.step}.",
        )
        if sentence
    )
