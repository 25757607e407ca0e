"""Helper and judge in alternation: each learns from what the other has become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import final

from torch import Tensor

from forewarn.helpers.network import Network, Sizes
from forewarn.lab.game.batch_policies import BatchPolicy, NetworkPolicy, RandomPolicy
from forewarn.lab.game.debate import BestAnswer, Defender, Silent
from forewarn.lab.game.rewarded_env import Prices, RewardedEnv
from forewarn.lab.game.rewards import Reward
from forewarn.lab.game.rollouts import rollouts
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.game.vector_env import Rules, VectorEnv
from forewarn.lab.training.actor_critic import ReinforceSettings, reinforce
from forewarn.lab.training.judge_fit import fit_judge
from forewarn.lab.training.validation import Check, errors, worth_of
from forewarn.stats.calibration import Logistic


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """All that decides what a helper becomes, besides the runs."""

    rules: Rules
    reward: Reward
    prices: Prices = field(default_factory=Prices)
    reinforcement: ReinforceSettings = field(default_factory=ReinforceSettings)
    rounds: int = 2
    """Times that the judge is fitted anew and the helper goes on."""
    games: int = 64
    width: int = 32
    every: int = 25
    """Updates from one check to the next; a round's last one is checked as well."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What came of a course: the best helper that it passed through."""

    network: Network
    judge: Logistic
    """Fitted to the looks of this network, and to what the defender makes of them."""
    defender: Defender
    checks: tuple[Check, ...]
    """Both errors on the runs that it learns from and on runs that are held out, as they change on the way."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainerState:
    """Where a pupil stands between two rounds."""

    weights: Mapping[str, Tensor]
    judge: Logistic
    defender: Defender
    worth: float
    best: Mapping[str, Tensor]
    """Weights of the network that was worth so much."""
    best_judge: Logistic
    best_defender: Defender
    checks: tuple[Check, ...]


@final
class Trainer:
    """Mutable: a helper that is being trained on runs whose truth is known.

    The first judge is fitted to looks at random, or to those of a network that is given (cloned, say) and goes on
    learning as one object. What is kept in the end is the network of the check that did best on the runs it learns
    from, the one it began with included: reinforcement wanders. Runs that are held out are looked at and decide
    nothing.
    """

    def __init__(
        self,
        batch: RunBatch,
        course: TrainingPlan,
        network: Network | None = None,
        held_out: RunBatch | None = None,
        device: str = "cpu",
    ) -> None:
        self._batch, self._course, self._held_out = batch, course, held_out
        made = network or Network(Sizes(batch.codes, course.width), course.reinforcement.seed)
        self._network = made.to(device)
        self._defender: Defender = Silent()
        first = RandomPolicy(course.reinforcement.seed) if network is None else NetworkPolicy(network)
        self._judge = self._judged(first)
        self._best: tuple[float, dict[str, Tensor], Logistic, Defender] | None = None
        self._checks: list[Check] = []

    def learn(self) -> Iterator[Check]:
        """Train round by round; gives each check as it is made."""
        for index in range(self._course.rounds):
            yield from self.round(index)

    def round(self, index: int) -> Iterator[Check]:
        """Train one round, in order, and fit the judge anew at its end."""
        yield from self._round(index)
        self._judge = self._judged(NetworkPolicy(self._network))

    @property
    def standing(self) -> TrainerState:
        """All that the next round depends on, between two rounds. LookupError before the first."""
        if self._best is None:
            raise LookupError("nothing was learned yet")
        now = {name: value.clone() for name, value in self._network.state_dict().items()}
        return TrainerState(now, self._judge, self._defender, *self._best, tuple(self._checks))

    def resume(self, standing: TrainerState) -> None:
        """Go on from what another pupil of the same board and course came to."""
        self._network.load_state_dict(dict(standing.weights))
        self._judge, self._defender = standing.judge, standing.defender
        self._best = (standing.worth, dict(standing.best), standing.best_judge, standing.best_defender)
        self._checks = list(standing.checks)

    @property
    def result(self) -> Trained:
        """The best so far. LookupError before the first check."""
        if self._best is None:
            raise LookupError("nothing was learned yet")
        _, weights, judge, defender = self._best
        network = Network(self._network.sizes)
        network.load_state_dict(weights)
        return Trained(network, judge, defender, tuple(self._checks))

    def _judged(self, policy: BatchPolicy) -> Logistic:
        """The judge of what a policy asks; with a debate a second time, of what its defender then answers."""
        rules = self._course.rules
        judge = fit_judge(self._batch, rollouts(self._batch, rules, policy, self._defender))
        if not rules.answers:
            return judge
        self._defender = BestAnswer(judge)
        return fit_judge(self._batch, rollouts(self._batch, rules, policy, self._defender))

    def _round(self, index: int) -> Iterator[Check]:
        course = self._course
        game = VectorEnv(_evened(self._batch), course.rules, course.games, course.reinforcement.seed + index)
        play = RewardedEnv(game, self._judge, course.reward, course.prices, self._defender)
        yield self._check(index * course.reinforcement.updates, 0.0)
        for lesson in reinforce(self._network, play, course.reinforcement):
            done = lesson.update + 1
            if done % course.every == 0 or done == course.reinforcement.updates:
                yield self._check(index * course.reinforcement.updates + done, lesson.reward)

    def _check(self, update: int, reward: float) -> Check:
        """Measure the network of now with a judge of its own looks, and keep it where it is the best."""
        policy, course = NetworkPolicy(self._network), self._course
        own = rollouts(self._batch, course.rules, policy, self._defender)
        judge = fit_judge(self._batch, own)
        worth = worth_of(self._batch, own, judge, course.prices.question)
        if self._best is None or worth > self._best[0]:
            weights = {name: value.clone() for name, value in self._network.state_dict().items()}
            self._best = (worth, weights, judge, self._defender)
        other = self._held_out or self._batch
        found = rollouts(other, course.rules, policy, self._defender)
        check = Check(update, reward, worth, errors(self._batch, own, judge), errors(other, found, judge))
        self._checks.append(check)
        return check


def _evened(batch: RunBatch) -> RunBatch:
    """Deceptive runs as often as honest ones, so that neither truth is the better guess."""
    liars = [i for i, d in enumerate(batch.deceptive) if d]
    honest = [i for i, d in enumerate(batch.deceptive) if not d]
    few, many = sorted((liars, honest), key=len)
    return batch.only([*many, *(few[i % len(few)] for i in range(len(many)))])
