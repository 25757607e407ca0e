"""One organism trained and looked at, without a trainer or a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from forewarn.audit.look import Examiner
from forewarn.audit.past import Past
from forewarn.auditset import Encoder, Split
from forewarn.errors import ConfigurationError
from forewarn.helpers import Exhaustive
from forewarn.judges.features import features, gaps, nulls
from forewarn.lenses.keeper import LensKeeper
from forewarn.organisms.behaviour import Behaviour, measure
from forewarn.organisms.data import Lessons
from forewarn.organisms.growing import steps
from forewarn.organisms.models import build, tokenizer
from forewarn.organisms.organism import Organism
from forewarn.probes import catalogue
from forewarn.probes.interview import Interview
from forewarn.store.weights import weights_of
from forewarn.subjects.opening import Opener

N_EXAMPLES = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at an organism, and what it really did then."""

    behaviour: Behaviour
    features: tuple[float, ...]
    nulls: tuple[float | None, ...]
    known: int
    asked: int
    complete: bool


def run(organism: Organism, looks: int) -> Iterator[Seen]:
    """Train an organism and look at it `looks` times, evenly spaced over its course, the last time at its end.

    ConfigurationError for more looks than steps.
    """
    words = tokenizer(organism.words)
    model, lessons, encoder = (
        build(organism.architecture, len(words), organism.seed),
        Lessons(organism, words),
        Encoder(words),
    )
    examiner = Examiner(catalogue(), Exhaustive())
    opener, keeper = Opener(model, _examples(organism, encoder)), LensKeeper()
    past = Past(opener)
    split, due = organism.audit_set.split(), _due(organism.course.steps, looks)
    for step in steps(model, lessons, organism.course.steps):
        if step in due:
            name, weights = f"{organism.name}@{step}", _kept(model)
            subject = opener.open(weights, name)
            interview = Interview(subject, organism.audit_set, encoder, keeper=keeper, before=past.open)
            seen = _seen(examiner, interview, split, measure(model, organism, encoder, step))
            past.is_now(name, lambda weights=weights: weights)  # type: ignore[misc]
            yield seen


def _kept(model: Any) -> dict[str, Tensor]:
    """The weights as they are now; they stay so while training goes on."""
    return {name: tensor.clone() for name, tensor in weights_of(model).items()}


def _due(n: int, looks: int) -> frozenset[int]:
    if looks > n:
        raise ConfigurationError(f"{looks} looks were asked for at a run of {n} steps; ask for at most {n}")
    return frozenset(round(i * n / looks) for i in range(1, looks + 1))


def _seen(examiner: Examiner, interview: Interview, split: Split, behaviour: Behaviour) -> Seen:
    outcomes = examiner.examine(interview, split)
    codes, facts = tuple(p.code for p in examiner.probes), interview.audit_set.facts
    return Seen(
        behaviour,
        features(outcomes, codes),
        nulls(outcomes, codes),
        len(interview.known(facts)),
        len(facts),
        not gaps(outcomes),
    )


def _examples(organism: Organism, encoder: Encoder) -> list[tuple[int, ...]]:
    context = organism.audit_set.truthful[0].parts
    return [encoder.prompt(fact, context).ids for fact in organism.audit_set.facts[:N_EXAMPLES]]
