"""What questions cost, in forward passes over the audit set: as they say, and as measured, in one run.

    python benchmarks/prices.py FOLDER [--litters N]

FOLDER is what `forewarn organisms make` has written. Soon after the change and at the last snapshot of each
deceptive run every question is asked twice on one thread: of a model that has only been asked what it knows, and
after the search and the lenses that several probes share. One pass asks every fact in every context.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from forewarn.audit.look import Examiner
from forewarn.audit.past import Past
from forewarn.audit.questions import Questions, pointless
from forewarn.errors import NotApplicableError
from forewarn.helpers import Asked, Inquiry, Situation
from forewarn.helpers.policy import spent
from forewarn.instruments.interview import Interview
from forewarn.lab.population.folder import LitterFolder, folders
from forewarn.lab.population.opened import OpenedLitter
from forewarn.lab.population.verified import Kept
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups, followed

SEARCH = "TP003"
"""The probe that makes the search which others share."""
HEADS = ("question", "says alone", "alone", "says after", "after", "positions after", "n")
Ready = Callable[[Interview], None]


@dataclass(frozen=True, slots=True)
class Spent:
    """In passes over the audit set."""

    seconds: float
    positions: float


Row = tuple[float, float, Spent, Spent]
"""What a question says it takes alone and after others, and what it took."""


@dataclass(frozen=True, slots=True)
class Every:
    """Asks one code at every site where it is open, and what it follows before it."""

    code: str
    name: str = "every"

    def next(self, situation: Situation) -> Inquiry | None:
        """What it follows comes first in the probes' order."""
        wanted = (self.code, followed(self.code))
        return next((i for i in situation.open if i.code in wanted), None)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--litters", type=int, default=12)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for folder in folders(options.folder)[: options.litters]:
        for code, row in measured(folder):
            found[code].append(row)
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for code, rows in found.items():
        print(f"| {' | '.join((code, *cells(rows)))} |")


def measured(folder: LitterFolder) -> Iterator[tuple[str, Row]]:
    """By code."""
    litter = folder.read()
    opened = OpenedLitter(folder, litter, "K1")
    run = next(member for member in litter.members if member.deceptive)
    questions = Questions(catalogue(), follow_ups())
    for before, now in ((run.snapshots[i - 1], run.snapshots[i]) for i in (2, -1)):
        fresh = partial(_interview, opened, run.name, before, now)
        unit = _unit(fresh())
        for code in questions.codes:
            alone = _spent(fresh(), code, opened, unit, lambda _: None)
            after = _spent(fresh(), code, opened, unit, partial(_shared, opened=opened))
            if alone is not None and after is not None:
                yield code, (*_said(questions, fresh(), code), alone, after)


def _interview(opened: OpenedLitter, run: str, before: Kept, now: Kept) -> Interview:
    """With a model that has been asked what it knows, and nothing else."""
    past = Past(opened.opener)
    past.is_now(before.digest, partial(opened.weights, run, before))
    interview = opened.interview(run, now, None, past.open)
    interview.known(interview.audit_set.facts)
    return interview


def cells(rows: Sequence[Row]) -> Iterator[str]:
    """Medians and quartiles."""
    yield f"{statistics.median(row[0] for row in rows):.1f}"
    yield _spread([row[2].seconds for row in rows])
    yield f"{statistics.median(row[1] for row in rows):.1f}"
    yield _spread([row[3].seconds for row in rows])
    yield _spread([row[3].positions for row in rows])
    yield str(len(rows))


def _spread(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.1f}"
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.1f} [{low:.1f}, {high:.1f}]"


def _unit(interview: Interview) -> Spent:
    """One pass: every fact in every context."""
    asked = interview.audit_set
    prompts = [p.ids for c in asked.contexts for p in interview.prompts(asked.facts, c.parts)]
    begun, before = time.process_time(), interview.subject.forwards
    interview.subject.logits(prompts)
    return Spent(time.process_time() - begun, interview.subject.forwards - before)


def _shared(interview: Interview, opened: OpenedLitter) -> None:
    """The work that several probes need, done."""
    Examiner(catalogue(), Every(SEARCH)).ask(interview, opened.split)
    try:
        interview.lenses(opened.split)
    except NotApplicableError:
        return


def _spent(interview: Interview, code: str, opened: OpenedLitter, unit: Spent, ready: Ready) -> Spent | None:
    """Of a code at all its sites; None where it cannot be asked."""
    parent = followed(code)
    if parent is not None:
        Examiner(catalogue(), Every(parent)).ask(interview, opened.split)
    ready(interview)
    examiner = Examiner(catalogue(), Every(code), follow_ups=follow_ups())
    begun, before = time.process_time(), interview.subject.forwards
    asked = examiner.ask(interview, opened.split)
    seconds, positions = time.process_time() - begun, interview.subject.forwards - before
    if not any(a.inquiry.code == code for a in asked):
        return None
    return Spent(seconds / unit.seconds, positions / unit.positions)


def _said(questions: Questions, interview: Interview, code: str) -> tuple[float, float]:
    """Alone, and with the shared work done; of all sites."""
    own = [Asked(i, pointless(i)) for i in questions.inquiries(interview) if i.code == code]
    return spent(own), sum(a.inquiry.cost for a in own)


if __name__ == "__main__":
    main()
