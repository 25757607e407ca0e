"""Reinforcement by advantage: a batched actor-critic for the helper network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Categorical

from forewarn.helpers.network import Network
from forewarn.lab.game.batch_policies import tensors
from forewarn.lab.game.rewarded_env import RewardedEnv


@dataclass(frozen=True, slots=True)
class ReinforceSettings:
    """How a helper is trained."""

    updates: int = 150
    turns: int = 64
    """Choices in each game between two updates: what a look earns comes dozens of choices after saving for it."""
    rate: float = 3e-3
    discount: float = 0.99
    """Of what later looks earn; within a look nothing is discounted."""
    trace: float = 0.95
    entropy: float = 0.01
    """Worth of undecidedness at the first update; it falls to nothing at the last."""
    clip: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Update:
    """One update."""

    update: int
    reward: float
    """Mean of a choice."""
    entropy: float
    """Mean over choices, in nats."""


def reinforce(network: Network, env: RewardedEnv, reinforcement: ReinforceSettings) -> Iterator[Update]:
    """Improve a network in place, update by update.

    Advantage actor-critic (Mnih et al. 2016) with generalised advantages (Schulman et al. 2016). The same
    network, environment and settings give the same on one thread of one machine.
    """
    yield from _ActorCritic(network, env, reinforcement).updates()


@final
class _ActorCritic:
    def __init__(self, network: Network, env: RewardedEnv, reinforcement: ReinforceSettings) -> None:
        self._network, self._env, self._plan = network, env, reinforcement
        self._device = network.ask.weight.device
        self._optimizer = torch.optim.Adam(network.parameters(), lr=reinforcement.rate)
        self._draw = torch.Generator().manual_seed(reinforcement.seed)
        self._observation = env.reset()

    def updates(self) -> Iterator[Update]:
        for update in range(self._plan.updates):
            buffer = _RolloutBuffer(self._plan.turns, self._env.n, self._device)
            for turn in range(self._plan.turns):
                self._turn(buffer, turn)
            yield self._update(update, buffer)

    def _turn(self, buffer: _RolloutBuffer, turn: int) -> None:
        rows = tensors(self._observation, self._device)
        with torch.no_grad():
            logits, value = self._network(*rows)
        # Drawn on the CPU wherever the network is, by one generator.
        choice = torch.multinomial(logits.softmax(-1).cpu(), 1, generator=self._draw)[:, 0]
        paid = self._env.step(choice.numpy())
        buffer.keep(turn, rows, choice.to(self._device), value)
        buffer.reward[turn] = torch.from_numpy(paid.reward)
        buffer.later[turn] = torch.from_numpy(
            np.where(paid.run_over, 0.0, np.where(paid.look_over, self._plan.discount, 1.0))
        )
        self._observation = paid.observation

    def _update(self, update: int, buffer: _RolloutBuffer) -> Update:
        with torch.no_grad():
            _, ahead = self._network(*tensors(self._observation, self._device))
        advantage = buffer.advantages(ahead, self._plan.trace)
        logits, value = self._network(*buffer.rows())
        choices, target = Categorical(logits=logits), (advantage + buffer.value).flatten()
        gain = advantage.flatten()
        gain = (gain - gain.mean()) / gain.std().clamp_min(1e-6)
        entropy = choices.entropy().mean()  # type: ignore[no-untyped-call]
        chance = choices.log_prob(torch.cat(buffer.choices))  # type: ignore[no-untyped-call]
        loss = (
            -(chance * gain).mean()
            + 0.5 * (value - target).square().mean()
            - self._plan.entropy * (1 - update / self._plan.updates) * entropy
        )
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._plan.clip)
        self._optimizer.step()
        return Update(update, float(buffer.reward.mean()), float(entropy.detach()))


@final
class _RolloutBuffer:
    """What happened between two updates, turn by turn."""

    def __init__(self, turns: int, n: int, device: torch.device) -> None:
        self.reward, self.later, self.value = (torch.zeros(turns, n, device=device) for _ in range(3))
        self.choices: list[Tensor] = []
        self._rows: list[tuple[Tensor, Tensor, Tensor]] = []

    def keep(self, turn: int, rows: tuple[Tensor, Tensor, Tensor], choice: Tensor, value: Tensor) -> None:
        self._rows.append(rows)
        self.choices.append(choice)
        self.value[turn] = value

    def rows(self) -> tuple[Tensor, ...]:
        return tuple(torch.cat(part) for part in zip(*self._rows, strict=True))

    def advantages(self, ahead: Float[Tensor, " n"], trace: float) -> Float[Tensor, "turn n"]:
        found, running = torch.zeros_like(self.value), torch.zeros_like(ahead)
        for turn in reversed(range(len(found))):
            error = self.reward[turn] + self.later[turn] * ahead - self.value[turn]
            running = error + self.later[turn] * trace * running
            found[turn], ahead = running, self.value[turn]
        return found
