"""What a helper is paid for: the source's own question."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from statistics import fmean

import numpy as np

from forewarn.helpers import Helper
from forewarn.helpers.expert import Expert
from forewarn.helpers.network import Network
from forewarn.lab.contest.entrants.learned import Reinforced
from forewarn.lab.game.batch_policies import BatchPolicy, NetworkPolicy
from forewarn.lab.game.rewards import Calibrated, Conviction
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.lab.population.run import RecordedRun
from forewarn.lab.training.trainer import Trainer, TrainingPlan
from forewarn.lab.training.validation import Check, ErrorRates
from forewarn.store.files import write_atomically
from helper_parts.entrants import course, rules
from helper_parts.part import Setting, table
from helper_parts.picture import Curve, draw

DEPTHS = (1, 2)
HEADS = ("reward", "begins", "false alarms", "misses", "balanced error", "passes", "asks most")
ROUNDS = 4
STARTS: Mapping[str, tuple[Helper | None, int]] = {
    "cloned, one judge": (Expert(), 1),
    "cloned, a judge that learns": (Expert(), ROUNDS),
    "from nothing, one judge": (None, 1),
}
"""Teacher, and how often the judge is fitted anew on the way."""


def entrants(start: str) -> list[Reinforced]:
    """Conviction is the debate of depth 0: nobody answers. All make as many choices."""
    teacher, rounds = STARTS[start]
    courses = {
        "calibrated": course(Calibrated(), rules()),
        "conviction (depth 0)": course(Conviction(), rules()),
    }
    courses |= {f"debate, depth {d}": course(Conviction(), rules(answers=d)) for d in DEPTHS}
    return [Reinforced(name, _in_rounds(each, rounds), teacher) for name, each in courses.items()]


def _in_rounds(plan: TrainingPlan, rounds: int) -> TrainingPlan:
    reinforcement = replace(plan.reinforcement, updates=plan.reinforcement.updates // rounds)
    return replace(plan, reinforcement=reinforcement, rounds=rounds)


def rewards(setting: Setting) -> Iterator[str]:
    """Both errors on the way and at the end, on matched groups that are held out."""
    yield "## Rewards\n"
    groups = sorted({run.truth.group for run in setting.runs})
    mine = set(groups[::2])
    sides = [[r for r in setting.runs if (r.truth.group in mine) is side] for side in (True, False)]
    batches = [RunBatch.of(side, setting.codes) for side in sides]
    honest, liars = (sum(r.truth.deceptive is truth for r in sides[1]) for truth in (False, True))
    yield (
        f"{setting.seeds} seeds; mean over seeds and, in brackets, least and greatest; {liars} deceptive and "
        f"{honest} honest runs of matched groups that were not learned from; an alarm is a look above one half.\n"
    )
    curves, rows = [], []
    for start in STARTS:
        for entrant in entrants(start):
            ways = [_way(setting, entrant, seed, batches, sides[0]) for seed in range(setting.seeds)]
            curves.append(Curve(start, entrant.name, [way.checks for way in ways]))
            ends = [way.checks[-1].held_out for way in ways]
            rows.append((entrant.name, start, *_told(ends), _most([way.asked for way in ways])))
    yield from table(HEADS, rows)
    draw(curves, setting.out / "rewards.svg")
    yield "![both errors over the updates](rewards.svg)\n"


@dataclass(frozen=True, slots=True)
class Way:
    """One training."""

    checks: tuple[Check, ...]
    asked: Mapping[str, float]
    """How often the network of the last update asks each code, of 100 questions on held-out matched groups."""


def _way(
    setting: Setting, entrant: Reinforced, seed: int, batches: Sequence[RunBatch], runs: Sequence[RecordedRun]
) -> Way:
    """What was trained already is read from its file."""
    key = sha256(repr((setting.table, entrant, seed)).encode()).hexdigest()[:32]
    path = setting.out / "ways" / f"{key}.json"
    if not path.is_file():
        with setting.tell(f"{entrant.name}, seed {seed}"):
            _write(path, _trained(entrant, seed, batches, runs))
    row = json.loads(path.read_text(encoding="utf8"))
    return Way(tuple(map(_check, row["checks"])), row["asked"])


def _trained(entrant: Reinforced, seed: int, batches: Sequence[RunBatch], runs: Sequence[RecordedRun]) -> Way:
    plan = replace(entrant.course, reinforcement=replace(entrant.course.reinforcement, seed=seed))
    pupil = Trainer(batches[0], plan, entrant.taught(tuple(runs), batches[0], seed), batches[1])
    checks = tuple(pupil.learn())
    last = Network(pupil.result.network.sizes)
    last.load_state_dict(dict(pupil.standing.weights))
    return Way(checks, _asked(NetworkPolicy(last), batches[1], plan.rules))


def _asked(policy: BatchPolicy, batch: RunBatch, rules: Rules) -> dict[str, float]:
    """By code, in per cent of all questions."""
    n, counts = len(batch.names), Counter[str]()
    game = VectorEnv(batch, replace(rules, answers=0), n, shuffled=False)
    seen, over = game.reset(), np.zeros(n, bool)
    while not over.all():
        choice = policy.choose(seen)
        able = (choice < game.n_questions) & ~over
        counts.update(batch.codes[k] for k in batch.code[game.run[able], choice[able]] if k >= 0)
        turn = game.step(choice)
        over |= turn.run_over
        seen = turn.observation
    return {code: 100.0 * k / max(counts.total(), 1) for code, k in counts.most_common()}


def _most(asked: Sequence[Mapping[str, float]]) -> str:
    """The three that are asked most, mean over seeds."""
    codes = {code for row in asked for code in row}
    shares = {code: fmean(row.get(code, 0.0) for row in asked) for code in codes}
    first = sorted(shares, key=lambda code: (-shares[code], code))[:3]
    return ", ".join(f"{code} {shares[code]:.0f} %" for code in first) or "nothing"


def _write(path: Path, way: Way) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(asdict(way)))


def _check(row: dict[str, object]) -> Check:
    sides = {side: ErrorRates(**row[side]) for side in ("learned", "held_out")}  # type: ignore[arg-type]
    return Check(**{**row, **sides})  # type: ignore[arg-type]


def _told(found: Sequence[ErrorRates]) -> Iterator[str]:
    for values in (
        [e.false_alarms for e in found],
        [e.misses for e in found],
        [(e.false_alarms + e.misses) / 2 for e in found],
        [e.passes for e in found],
    ):
        yield f"{fmean(values):.3f} [{min(values):.3f}, {max(values):.3f}]"
