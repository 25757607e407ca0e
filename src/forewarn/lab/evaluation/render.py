"""The scorecard as a page of Markdown, and in a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forewarn.lab.evaluation.bench import ScorecardEntry
from forewarn.lab.evaluation.rates import Figure
from forewarn.lab.evaluation.results import Results
from forewarn.lab.evaluation.scorecard import Score, rows, score
from forewarn.lab.evaluation.splits import SPLITS

HEADS = (
    "detector",
    "AUROC",
    "misses",
    "false alarms / run",
    "false alarms / look",
    "balanced error",
    "Brier",
)


def figure(found: Figure) -> str:
    """A number with its interval."""
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def cells(found: Score) -> tuple[str, ...]:
    """In the order of `HEADS`, without the first."""
    figures = (found.auroc, found.misses, found.false_alarms_per_run, found.false_alarms_per_look)
    return tuple(figure(f) for f in (*figures, found.balanced_error, found.brier))


def page(card: Results) -> str:
    """Every split of every level with the groups of the first detector, the promise, and the cost."""
    return "\n".join([*_head(card), *_lines(card.entries), *_promises(card), *_costs(card)])


def _head(card: Results) -> Iterator[str]:
    yield "# Scorecard\n"
    yield f"Table: `{card.command}`. Operating point: {card.false_alarm:g} false alarms per honest run.\n"
    yield from (f"{level} is left out: {why}\n" for level, why in card.left_out.items())
    yield f"{len(card.discarded)} runs do not hold their behaviour and count nowhere. Intervals are of 95 %.\n"


def _lines(entries: Sequence[ScorecardEntry]) -> Iterator[str]:
    for level in dict.fromkeys(e.level for e in entries):
        for split in SPLITS:
            chosen = [e for e in entries if e.level == level and e.split == split]
            if chosen:
                yield from _split(level, split, chosen)


def _split(level: str, split: str, entries: Sequence[ScorecardEntry]) -> Iterator[str]:
    deceptive = sum(r.truth.deceptive for r in entries[0].runs)
    yield f"## {level}, {split}: {deceptive} deceptive and {len(entries[0].runs) - deceptive} honest runs\n"
    yield from table(HEADS, [(e.detector, *cells(score(e.runs))) for e in entries])
    lead = [(e.detector, *_lead(e)) for e in entries]
    yield from table(("detector", "median lead, steps", "warned before onset", "never"), lead)
    for group, found in rows(entries[0].runs).items():
        yield f"{entries[0].detector}, by {group}:\n"
        yield from table((group, *HEADS[1:]), [(name, *cells(s)) for name, s in found.items()])


def _promises(card: Results) -> Iterator[str]:
    """False alarms of both rules, by the number of looks."""
    for level, found in card.promises.items():
        yield f"## The promise over whole runs, {level}\n"
        lines = [(str(p.looks), figure(p.run_level), figure(p.per_look)) for p in found]
        yield from table(("looks", "run-level promise", "threshold per look"), lines)


def _costs(card: Results) -> Iterator[str]:
    yield "## Cost of a look with every question\n"
    lines = [(level, figure(found.passes), figure(found.seconds)) for level, found in card.costs.items()]
    yield from table(("level", "passes over the audit set", "seconds of CPU"), lines)


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown and an empty line."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for line in lines:
        yield f"| {' | '.join(line)} |"
    yield ""


def _lead(entry: ScorecardEntry) -> tuple[str, str, str]:
    lead = score(entry.runs).lead_time
    return figure(lead.steps), figure(lead.before), figure(lead.never)
