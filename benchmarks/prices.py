"""What questions cost, in forward passes over the audit set: as they say, and as measured, in one run.

    python benchmarks/prices.py FOLDER [--groups N]

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
from forewarn.audit.previous import PreviousSnapshot
from forewarn.audit.questions import Questions
from forewarn.errors import NotApplicableError
from forewarn.helpers import Inquiry, Situation
from forewarn.helpers.policy import spent
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lab.population.folder import GroupFolder, folders
from forewarn.lab.population.opened_group import OpenedGroup
from forewarn.lab.population.verified import Kept
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups, followed

SEARCH = "latent-policy"
"""The probe that makes the search which others share."""
HEADS = ("question", "says alone", "alone", "says after", "after", "positions after", "n")
Ready = Callable[[ProbeInputs], None]


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
    parser.add_argument("--groups", type=int, default=12)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for folder in folders(options.folder)[: options.groups]:
        for code, row in measured(folder):
            found[code].append(row)
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for code, rows in found.items():
        print(f"| {' | '.join((code, *cells(rows)))} |")


def measured(folder: GroupFolder) -> Iterator[tuple[str, Row]]:
    """By code."""
    group = folder.read()
    opened = OpenedGroup(folder, group, "related")
    run = next(member for member in group.members if member.deceptive)
    questions = Questions(catalogue(), follow_ups())
    for before, now in ((run.snapshots[i - 1], run.snapshots[i]) for i in (2, -1)):
        fresh = partial(_fresh_inputs, opened, run.name, before, now)
        unit = _unit(fresh())
        for code in questions.codes:
            alone = _spent(fresh(), code, opened, unit, lambda _: None)
            after = _spent(fresh(), code, opened, unit, partial(_shared, opened=opened))
            if alone is not None and after is not None:
                yield code, (*_said(questions, fresh(), code), alone, after)


def _fresh_inputs(opened: OpenedGroup, run: str, before: Kept, now: Kept) -> ProbeInputs:
    """With a model that has been asked what it knows, and nothing else."""
    past = PreviousSnapshot(opened.opener)
    past.is_now(before.digest, partial(opened.weights, run, before))
    inputs = opened.inputs(run, now, None, past.open)
    inputs.known(inputs.audit_set.facts)
    return inputs


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


def _unit(inputs: ProbeInputs) -> Spent:
    """One pass: every fact in every context."""
    asked = inputs.audit_set
    prompts = [p.ids for c in asked.contexts for p in inputs.prompts(asked.facts, c.parts)]
    begun, before = time.process_time(), inputs.subject.forwards
    inputs.subject.logits(prompts)
    return Spent(time.process_time() - begun, inputs.subject.forwards - before)


def _shared(inputs: ProbeInputs, opened: OpenedGroup) -> None:
    """The work that several probes need, done."""
    Examiner(catalogue(), Every(SEARCH)).look(inputs, opened.split)
    try:
        inputs.lenses(opened.split)
    except NotApplicableError:
        return


def _spent(inputs: ProbeInputs, code: str, opened: OpenedGroup, unit: Spent, ready: Ready) -> Spent | None:
    """Of a code at all its sites; None where it cannot be asked."""
    parent = followed(code)
    if parent is not None:
        Examiner(catalogue(), Every(parent)).look(inputs, opened.split)
    ready(inputs)
    examiner = Examiner(catalogue(), Every(code), follow_ups=follow_ups())
    begun, before = time.process_time(), inputs.subject.forwards
    asked = examiner.look(inputs, opened.split).asked
    seconds, positions = time.process_time() - begun, inputs.subject.forwards - before
    if not any(a.inquiry.code == code for a in asked):
        return None
    return Spent(seconds / unit.seconds, positions / unit.positions)


def _said(questions: Questions, inputs: ProbeInputs, code: str) -> tuple[float, float]:
    """Alone, and with the shared work done; of all sites."""
    own = [i for i in questions.inquiries(inputs) if i.code == code]
    return spent(own), sum(i.cost for i in own)


if __name__ == "__main__":
    main()
