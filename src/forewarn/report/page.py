"""The report of one run: a self-contained page, a pure function of ledger and manifest."""

from __future__ import annotations

from pathlib import Path

from forewarn.records import Status
from forewarn.report.caveats import caveats
from forewarn.report.looks import LookSummary
from forewarn.report.plot import NARROW, WIDE, plot
from forewarn.report.run import read_run
from forewarn.report.sentences import promise_words
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
    return write(summarise(opened.manifest, opened.entries), run / NAME)


def write(summary: RunSummary, path: Path) -> Path:
    """Write the page of a run to `path`, whole or not at all; return `path`. Raises StoreError."""
    write_atomically(path, page(summary))
    return path


def page(summary: RunSummary) -> str:
    """Return the page as text."""
    shown = shown_look(summary)
    others = [look.step for look in summary.looks if look.evidence and look is not shown]
    return fill(
        "report.html",
        summary=summary,
        headline=headline(summary),
        promise=promise_words(summary.manifest.promise, summary.alarm),
        caveats=caveats(summary),
        wide=plot(summary, WIDE),
        narrow=plot(summary, NARROW),
        shown=shown,
        claims=sum(len(look.evidence) for look in summary.looks),
        others=steps(others) if others else "",
    )


def headline(summary: RunSummary) -> str:
    """Name the verdict in a few words."""
    if summary.status is Status.FLAGGED and summary.alarm is not None:
        return f"Flagged at step {summary.alarm.step}"
    if summary.status is Status.UNKNOWN:
        return "Unknown: the monitor could not tell"
    return "Clear" if summary.finished else "Clear so far, unfinished"


def shown_look(summary: RunSummary) -> LookSummary | None:
    """Pick the look whose evidence stands at the top: the one that alarmed, else the last one with evidence."""
    found = [look for look in summary.looks if look.evidence]
    if summary.alarm is not None:
        alarmed = [look for look in found if look.snapshot == summary.alarm.snapshot]
        found = alarmed or found
    return found[-1] if found else None
