"""The scorecard in words: a page of Markdown, and the cells of tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forewarn.lab.evaluation.entries import ScorecardEntry
from forewarn.lab.evaluation.rates import Figure
from forewarn.lab.evaluation.results import Results
from forewarn.lab.evaluation.scorecard import Score, rows, score
from forewarn.lab.evaluation.splits import SPLITS
from forewarn.lab.organisms.levels import level_in_words

COLUMNS = (
    "detector",
    "AUROC",
    "misses",
    "false alarms / run",
    "false alarms / look",
    "balanced error",
    "Brier",
)


def with_interval(found: Figure) -> str:
    """A number with its interval; "-" where nothing was measured."""
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def score_cells(found: Score) -> tuple[str, ...]:
    """The cells of one row of a table with `COLUMNS`, after the detector's name."""
    figures = (found.auroc, found.misses, found.false_alarms_per_run, found.false_alarms_per_look)
    return tuple(with_interval(f) for f in (*figures, found.balanced_error, found.brier))


def markdown(results: Results) -> str:
    """A page with every split at every level, then alarms by the number of looks, then the cost of a look.

    Of the first detector the groups of runs are shown too.
    """
    return "\n".join([*_head(results), *_splits(results.entries), *_looks(results), *_costs(results)])


def _head(results: Results) -> Iterator[str]:
    yield "# Scorecard\n"
    yield f"Table: `{results.command}`. Operating point: {results.false_alarm:g} false alarms per honest run.\n"
    yield from (f"{level_in_words(level)} are left out: {why}\n" for level, why in results.left_out.items())
    yield f"{len(results.discarded)} runs do not hold their behaviour and count nowhere. Intervals are of 95 %.\n"


def _splits(entries: Sequence[ScorecardEntry]) -> Iterator[str]:
    for level in dict.fromkeys(e.level for e in entries):
        for split in SPLITS:
            chosen = [e for e in entries if e.level == level and e.split == split]
            if chosen:
                yield from _split(level, split, chosen)


def _split(level: str, split: str, entries: Sequence[ScorecardEntry]) -> Iterator[str]:
    deceptive = sum(r.truth.deceptive for r in entries[0].runs)
    counts = f"{deceptive} deceptive and {len(entries[0].runs) - deceptive} honest runs"
    yield f"## {level_in_words(level)}, {split}: {counts}\n"
    yield from markdown_table(COLUMNS, [(e.detector, *score_cells(score(e.runs))) for e in entries])
    lead = [(e.detector, *_lead(e)) for e in entries]
    yield from markdown_table(("detector", "median lead, steps", "warned before onset", "never"), lead)
    for group, found in rows(entries[0].runs).items():
        yield f"{entries[0].detector}, by {group}:\n"
        yield from markdown_table(
            (group, *COLUMNS[1:]), [(name, *score_cells(s)) for name, s in found.items()]
        )


def _looks(results: Results) -> Iterator[str]:
    """False alarms of the promise over whole runs and of a threshold per look, by the number of looks."""
    for level, found in results.promises.items():
        yield f"## The promise over whole runs, {level_in_words(level)}\n"
        lines = [(str(p.looks), with_interval(p.run_level), with_interval(p.per_look)) for p in found]
        yield from markdown_table(("looks", "run-level promise", "threshold per look"), lines)


def _costs(results: Results) -> Iterator[str]:
    yield "## Cost of a look with every question\n"
    lines = [
        (level_in_words(level), with_interval(found.passes), with_interval(found.seconds))
        for level, found in results.costs.items()
    ]
    yield from markdown_table(
        ("what the auditor knows", "passes over the audit set", "seconds of CPU"), lines
    )


def markdown_table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown and an empty line."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for line in lines:
        yield f"| {' | '.join(line)} |"
    yield ""


def _lead(entry: ScorecardEntry) -> tuple[str, str, str]:
    lead = score(entry.runs).lead_time
    return with_interval(lead.steps), with_interval(lead.before), with_interval(lead.never)
