"""One helper against all that it must beat, at equal budget, on seeds that it has not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forewarn.errors import ConfigurationError
from forewarn.helpers.stored import StoredHelper
from forewarn.lab.contest.entrant import Entrant
from forewarn.lab.contest.entrants.simple import BestOrder, Everything, Ordered, RandomOrder
from forewarn.lab.contest.entrants.stored import StoredEntrant
from forewarn.lab.contest.entrants.supervised import Supervised
from forewarn.lab.contest.match import MatchResult, match
from forewarn.lab.contest.series import Tell
from forewarn.lab.evaluation.scorecard import Score, score
from forewarn.lab.evaluation.splits import Fold
from forewarn.lab.game.vector_env import Rules
from forewarn.lab.population.recorded_look import passes as alone
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.dataset import RunDataset, seed_of
from forewarn.lab.training.packaging import PRIOR
from forewarn.lab.training.replayed import UNBOUNDED, passes, rules_of, seen_by
from forewarn.probes.follow_up import followed, own_part

TRIED = 4
"""Probes, the cheapest of those in the fixed order and besides, of which orders are made and tried."""


@dataclass(frozen=True, slots=True)
class EntrantRow:
    """One entrant."""

    name: str
    passes: float
    """Of the mean look."""
    score: Score
    """Of the first division: intervals count every run once."""
    balanced_errors: tuple[float, ...]
    """Of each division of the training side into runs for the fit and for the promise."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        errors = list(self.balanced_errors)
        return {
            "asks": self.name,
            "passes_per_look": self.passes,
            "balanced_errors": errors,
            **self.score.as_json(),
        }


@dataclass(frozen=True, slots=True)
class HelperScore:
    """All rows, and what they were played for."""

    digest: str
    table: str
    level: str
    false_alarm: float
    rules: Rules
    seeds: tuple[int, ...]
    """Of the runs that all are scored on."""
    deceptive: int
    honest: int
    rows: tuple[EntrantRow, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "helper": self.digest,
            "table": self.table,
            "level": self.level,
            "false_alarm": self.false_alarm,
            "budget": self.rules.budget,
            "carry_over": self.rules.carry_over,
            "test_seeds": list(self.seeds),
            "deceptive": self.deceptive,
            "honest": self.honest,
            "rows": [row.as_json() for row in self.rows],
        }


def score_helper(
    helper: StoredHelper, dataset: RunDataset, level: float, seeds: int, tell: Tell
) -> HelperScore:
    """Every entrant on the second half of the seeds.

    Equal budget is the helper's own; where that has no bound, what it spends in the mean look of the training
    side. Raises ConfigurationError where the helper learned from a seed that it would be scored on.
    """
    tested = tuple(sorted({seed_of(run.truth) for run in dataset.test}))
    if known := sorted(set(tested) & set(helper.sheet.origin.seeds)):
        raise ConfigurationError(
            f"the helper {helper.name!r} learned from seed {known[0]}, on which it would be scored; give a table "
            f"whose second half has none of {', '.join(map(str, helper.sheet.origin.seeds))}"
        )
    rules = _equal(helper, dataset)
    named = {run.truth.name: run for run in (*dataset.train, *dataset.test)}
    sides = [frozenset(run.truth.name for run in side) for side in (dataset.train, dataset.test)]
    fold = Fold("new seeds", "seeds", *sides)
    rows = []
    for entrant in _entrants(helper, rules, dataset):
        found = []
        for seed in range(seeds):
            with tell(f"{entrant.name}, division {seed}"):
                found.append(match(entrant, named, fold, dataset.codes, level, seed))
        rows.append(_row(entrant, found))
    deceptive = sum(run.truth.deceptive for run in dataset.test)
    counts = (deceptive, len(dataset.test) - deceptive)
    return HelperScore(
        helper.sheet.digest, dataset.table, dataset.level, level, rules, tested, *counts, tuple(rows)
    )


def _equal(helper: StoredHelper, dataset: RunDataset) -> Rules:
    """What everybody may spend; a dear question can be saved for where the helper is bound by nothing."""
    own = rules_of(helper.sheet.allowance)
    if own.budget < UNBOUNDED:
        return own
    spent = passes(seen_by(helper.policy, dataset.train, own))
    return Rules(spent, max(spent, _dearest(dataset.train)))


def _dearest(runs: Sequence[RecordedRun]) -> float:
    return max(alone([a]) for run in runs for look in run.looks for a in look.answers)


def _entrants(helper: StoredHelper, rules: Rules, dataset: RunDataset) -> list[Entrant]:
    own = rules_of(helper.sheet.allowance)
    order = tuple(code for code in PRIOR.order if code in dataset.codes) or dataset.codes[:1]
    probes = [code for code in dataset.codes if followed(code) is None]
    tried = (*order, *(code for code in _by_price(dataset, probes) if code not in order))[:TRIED]
    follow_ups = tuple(code for code in dataset.codes if followed(code) and own_part(code) == "composure")
    return [
        StoredEntrant(own, helper),
        RandomOrder(rules),
        Ordered(rules, order, waits=True),
        BestOrder(rules, tried, follow_ups),
        Ordered(rules, (*order, *follow_ups), waits=True, name="whole rounds", whole=True),
        Everything(),
        Supervised(),
    ]


def _by_price(dataset: RunDataset, codes: Sequence[str]) -> list[str]:
    prices = {a.inquiry.code: alone([a]) for run in dataset.train for a in run.looks[0].answers}
    return sorted(codes, key=lambda code: (prices.get(code, 0.0), code))


def _row(entrant: Entrant, found: Sequence[Sequence[MatchResult]]) -> EntrantRow:
    scores = [score([each.judged for each in row]) for row in found]
    spent = [each.passes for row in found for each in row]
    errors = tuple(each.balanced_error.value for each in scores if each.balanced_error.value is not None)
    return EntrantRow(entrant.name, sum(spent) / len(spent), scores[0], errors)
