"""The report of one run: a self-contained page, a pure function of what lies in the run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forewarn.records import Status
from forewarn.report.caveats import caveats
from forewarn.report.layers import Layers, layers_of
from forewarn.report.looks import LookSummary
from forewarn.report.plot import NARROW, WIDE, plot
from forewarn.report.run import read_run
from forewarn.report.sentences import promise_words, reach_words
from forewarn.report.summary import RunSummary, summarise
from forewarn.report.templating import fill
from forewarn.report.words import steps
from forewarn.store.files import write_atomically

NAME = "report.html"


def render(run: Path) -> Path:
    """Write the report of the run in folder `run` to RUN/report.html; return its path.

    Raises StoreError or IntegrityError where the run cannot be read or the page not be written.
    """
    opened = read_run(run)
    summary = summarise(opened.manifest, opened.entries)
    return write(summary, run / NAME, layers_of(run, summary, featured_look(summary)))


def write(summary: RunSummary, path: Path, layers: Sequence[Layers] = ()) -> Path:
    """Write the page of a run to `path`, whole or not at all; return `path`. Raises StoreError."""
    write_atomically(path, page(summary, layers))
    return path


def page(summary: RunSummary, layers: Sequence[Layers] = ()) -> str:
    """Return the page as text; `layers` are the lens readings that were stored."""
    shown, featured = shown_look(summary), featured_look(summary)
    others = [look.step for look in summary.looks if look.evidence and look is not shown]
    return fill(
        "report.html",
        summary=summary,
        headline=headline(summary),
        promise=promise_words(summary.manifest.promise, summary.alarm),
        caveats=caveats(summary),
        reach=reach_words(summary.looks),
        wide=plot(summary, WIDE),
        narrow=plot(summary, NARROW),
        shown=shown,
        claims=sum(len(look.evidence) for look in summary.looks),
        others=steps(others) if others else "",
        featured=next((each for each in layers if each.look is featured), None),
        layers={n: each for n, look in enumerate(summary.looks) for each in layers if each.look is look},
    )


def headline(summary: RunSummary) -> str:
    """Name the verdict in a few words."""
    if summary.status is Status.FLAGGED and summary.alarm is not None:
        return f"Flagged at step {summary.alarm.step}"
    if summary.status is Status.UNKNOWN:
        return "Unknown: the monitor could not tell"
    return "Clear" if summary.finished else "Clear so far, unfinished"


def featured_look(summary: RunSummary) -> LookSummary | None:
    """Pick the look whose lens readings stand at the top: that of the evidence, else the last one stored."""
    stored = [look for look in summary.looks if look.stored]
    return shown_look(summary) or (stored[-1] if stored else None)


def shown_look(summary: RunSummary) -> LookSummary | None:
    """Pick the look whose evidence stands at the top: the one that alarmed, else the last one with evidence."""
    found = [look for look in summary.looks if look.evidence]
    if summary.alarm is not None:
        alarmed = [look for look in found if look.snapshot == summary.alarm.snapshot]
        found = alarmed or found
    return found[-1] if found else None
