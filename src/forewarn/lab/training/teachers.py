"""Who shows a helper how it is done, before it learns by itself or instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forewarn.errors import ConfigurationError, StoreError
from forewarn.helpers.expert import Expert
from forewarn.helpers.look import Choice
from forewarn.helpers.policy import Allowance
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.dataset import RunDataset
from forewarn.lab.training.demonstrations import of_helper, of_trace
from forewarn.lab.training.packaging import PRIOR
from forewarn.lab.training.replayed import rules_of
from forewarn.records import InspectionTrace
from forewarn.store.traces import TRACES, read

TAUGHT = 3
"""Of so many training runs one is shown by the expert; of twice as many, by the fixed order."""


@dataclass(frozen=True, slots=True)
class Demonstrations:
    """What a network is cloned from."""

    shown: tuple[Choice, ...]
    prior: tuple[Choice, ...]
    """Choices of the fixed order, which weigh most where little is shown."""
    codes: tuple[str, ...]
    traces: int
    """Inspections of people."""


def by_expert(
    dataset: RunDataset, runs: Sequence[RecordedRun], allowance: Allowance, seed: int
) -> Demonstrations:
    """It waits for no more than may be saved. ConfigurationError where the table lacks what it asks."""
    rules = rules_of(allowance)
    expert = Expert(least=min(Expert().least, rules.allowance.most))
    if not set(expert.searches) & set(dataset.codes):
        raise ConfigurationError(
            f"the table holds {', '.join(dataset.codes)}, and the expert asks {', '.join(expert.searches)}; use "
            "--teacher none, or traces of your own"
        )
    shown = of_helper(expert, runs[seed % TAUGHT :: TAUGHT], rules)
    return Demonstrations(tuple(shown), (), dataset.codes, 0)


def by_people(
    traces: Sequence[InspectionTrace], dataset: RunDataset, runs: Sequence[RecordedRun], allowance: Allowance
) -> Demonstrations:
    """What people asked, and the fixed order on recorded runs where that says little."""
    asked = dict.fromkeys(a.question.code for trace in traces for a in trace.answers)
    codes = (*dataset.codes, *(code for code in asked if code not in dataset.codes))
    shown = tuple(choice for trace in traces for choice in of_trace(trace))
    prior = of_helper(PRIOR, runs[:: 2 * TAUGHT], rules_of(allowance))
    return Demonstrations(shown, tuple(prior), codes, len(traces))


def traces_of(places: Sequence[Path]) -> tuple[InspectionTrace, ...]:
    """Traces of files and of run folders, each with an answer. StoreError where a place has none."""
    return tuple(trace for place in places for trace in _traces(place))


def _traces(place: Path) -> Iterator[InspectionTrace]:
    if not place.exists():
        raise StoreError(f"there is no {place}; wanted is a run's folder or a file of traces")
    path = place / TRACES if place.is_dir() else place
    found = [trace for trace in read(path) if trace.answers]
    if not found:
        raise StoreError(
            f"{path} holds no inspection; record some with `forewarn inspect RUN@STEP --ask CODE --word WORD`"
        )
    yield from found
