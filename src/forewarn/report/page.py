"""The report of one run: a self-contained page, a pure function of what lies in the run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forewarn.records import Cause, Response
from forewarn.report.caveats import caveats
from forewarn.report.explained import Explained, explained
from forewarn.report.featured import featured_look, headline, leading_claim, shown_look
from forewarn.report.layers import Layers, Picture, layers_of
from forewarn.report.looks import LookSummary
from forewarn.report.next_steps import next_steps
from forewarn.report.people import Inspections, inspections, trace_words
from forewarn.report.plot import NARROW, WIDE, plot
from forewarn.report.run import read_run
from forewarn.report.sentences import promise_words, reach_words
from forewarn.report.summary import RunSummary, summarise
from forewarn.report.templating import fill
from forewarn.report.titles import Titles
from forewarn.report.words import steps
from forewarn.store.files import write_atomically

NAME = "report.html"


@dataclass(frozen=True, slots=True)
class PageContent:
    """What a page is made from."""

    summary: RunSummary
    folder: Path
    """Where the run lies; the page's commands name it."""
    layers: tuple[Layers, ...] = ()
    """The lens readings that were stored."""
    asked: Inspections = field(default_factory=Inspections)
    """What people asked."""
    explained: Explained = field(default_factory=Explained)
    """What was asked for people after the alarm."""


def render(run: Path) -> Path:
    """Write the report of the run in folder `run` to RUN/report.html; return its path.

    Raises StoreError or IntegrityError where the run cannot be read or the page not be written.
    """
    return write(content_of(run), run / NAME)


def content_of(run: Path) -> PageContent:
    """Read all that a page tells of the run in folder `run`. Raises StoreError or IntegrityError."""
    opened = read_run(run)
    summary = summarise(opened.manifest, opened.entries, opened.sign)
    return PageContent(
        summary,
        run,
        layers_of(run, summary, featured_look(summary)),
        inspections(run),
        explained(run, shown_look(summary)),
    )


def write(content: PageContent, path: Path) -> Path:
    """Write the page of a run to `path`, whole or not at all; return `path`. Raises StoreError."""
    write_atomically(path, page(content))
    return path


def page(content: PageContent) -> str:
    """Return the page as text."""
    summary = content.summary
    shown, featured = shown_look(summary), _featured(content)
    others = [look.step for look in summary.looks if look.evidence and look is not shown]
    return fill(
        "report.html",
        summary=summary,
        titles=Titles.of(summary.manifest.probes),
        headline=headline(summary),
        leading=leading_claim(summary),
        halted=summary.response is not None and summary.response.response is Response.HALT,
        answered=summary.response is not None and summary.response.cause is Cause.ALARM,
        next_steps=next_steps(summary, content.folder),
        run=content.folder.resolve(),
        promise=promise_words(summary.manifest.promise, summary.alarm),
        caveats=caveats(summary),
        reach=reach_words(summary.looks),
        wide=plot(summary, WIDE),
        narrow=plot(summary, NARROW),
        shown=shown,
        claims=sum(len(look.evidence) for look in summary.looks),
        others=steps(others) if others else "",
        featured=featured,
        pictures=_leading_first(featured, summary),
        layers={
            n: each for n, look in enumerate(summary.looks) for each in content.layers if each.look is look
        },
        anchors=anchors(summary.looks),
        asked=content.asked,
        trace_words=trace_words,
        explained=content.explained,
    )


def anchors(looks: Sequence[LookSummary]) -> tuple[str, ...]:
    """Names of the looks in the page: "step-500"; a further look at the same step is "step-500-2"."""
    numbers = [look.step for look in looks]
    before = [numbers[:index].count(step) for index, step in enumerate(numbers)]
    return tuple(f"step-{s}" + (f"-{n + 1}" if n else "") for s, n in zip(numbers, before, strict=True))


def _featured(content: PageContent) -> Layers | None:
    look = featured_look(content.summary)
    return next((each for each in content.layers if each.look is look), None)


def _leading_first(featured: Layers | None, summary: RunSummary) -> tuple[Picture, ...]:
    """The featured pictures, that of the claim which stands at the top first."""
    shown = leading_claim(summary)
    code = "" if shown is None else shown.evidence.code
    pictures = () if featured is None else featured.pictures
    return tuple(sorted(pictures, key=lambda picture: picture.trajectory.claim != code))
