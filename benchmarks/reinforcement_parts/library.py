"""Stable-Baselines3 on the package's environment: with its own network, and with the package's."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from gymnasium import spaces
from reinforcement_parts.setting import Setting
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import DummyVecEnv
from torch import Tensor, nn

from forewarn.helpers.network import Network, Sizes
from forewarn.lab.game.batch_policies import BatchPolicy
from forewarn.lab.game.environment import HelperEnv
from forewarn.lab.game.observation import Choices, Observation
from forewarn.lab.training.actor_critic import ReinforceSettings

OWN = "MultiInputPolicy"
GAMES = 16
"""Environments side by side where the library's own settings say nothing."""


def a2c_as_ours(setting: Setting, reinforcement: ReinforceSettings, games: int) -> BatchPolicy:
    """The package's network and settings; of rewards, `discount` takes its toll at each choice, not each look."""
    model = A2C(
        Masked,
        environments(setting, games),
        learning_rate=reinforcement.rate,
        n_steps=reinforcement.turns,
        gamma=reinforcement.discount,
        gae_lambda=reinforcement.trace,
        max_grad_norm=reinforcement.clip,
        use_rms_prop=False,
        normalize_advantage=True,
        policy_kwargs=reading(setting, reinforcement.seed),
        seed=reinforcement.seed,
        device="cpu",
    )
    choices = reinforcement.updates * reinforcement.turns * games
    return taught(model, choices, Watch(choices, reinforcement.entropy))


def a2c(setting: Setting, choices: int, seed: int) -> BatchPolicy:
    """As it comes."""
    model = A2C(OWN, environments(setting, GAMES), seed=seed, device="cpu")
    return taught(model, choices, Watch(choices))


def ppo(setting: Setting, choices: int, seed: int) -> BatchPolicy:
    """As it comes, with its 2,048 choices an update spread over the environments."""
    model = PPO(OWN, environments(setting, GAMES), n_steps=2048 // GAMES, seed=seed, device="cpu")
    return taught(model, choices, Watch(choices))


def environments(setting: Setting, games: int) -> DummyVecEnv:
    """The library seeds them itself."""
    return DummyVecEnv([lambda: HelperEnv(setting.learned(1, 0)) for _ in range(games)])


def taught(model: OnPolicyAlgorithm, choices: int, watch: BaseCallback) -> BatchPolicy:
    model.learn(choices, callback=watch)
    return LibraryPlayer(model)


@final
@dataclass(frozen=True, slots=True, eq=False)
class LibraryPlayer(BatchPolicy):
    """What a trained model thinks best."""

    model: OnPolicyAlgorithm

    def choose(self, seen: Observation) -> Choices:
        """Greedy; what cannot be asked counts as stopping, as it did while it learned."""
        rows = {"candidates": seen.candidates, "whole": seen.whole, "open": seen.open.astype(np.int8)}
        found: Choices = self.model.predict(rows, deterministic=True)[0]
        return found


@final
class Watch(BaseCallback):
    """Tells how far it is, and lets the worth of undecidedness fall to nothing as the package does."""

    def __init__(self, choices: int, entropy: float | None = None) -> None:
        super().__init__()
        self._choices, self._entropy, self._told = choices, entropy, 0

    def _on_rollout_start(self) -> None:
        done = self.num_timesteps / self._choices
        if self._entropy is not None:
            self.model.ent_coef = self._entropy * (1 - done)  # type: ignore[attr-defined]
        if done >= self._told / 4:
            print(f"  {done:.0%}", file=sys.stderr, flush=True)
            self._told += 1

    def _on_step(self) -> bool:
        return True


def reading(setting: Setting, seed: int) -> dict[str, Any]:
    """The package's network under the library's policy; its weights as the package draws them."""
    how = {"codes": setting.learning.codes, "seed": seed}
    return {"features_extractor_class": Attentive, "features_extractor_kwargs": how, "ortho_init": False}


@final
class Attentive(BaseFeaturesExtractor):
    """The network's logits, and behind them its value."""

    def __init__(self, space: spaces.Dict, codes: tuple[str, ...], seed: int) -> None:
        super().__init__(space, space["open"].shape[0] + 2)  # type: ignore[index]
        self.network = Network(Sizes(codes), seed)

    def forward(self, seen: dict[str, Tensor]) -> Tensor:
        """Of a batch."""
        logits, value = self.network(seen["candidates"], seen["whole"], seen["open"] > 0)
        return torch.cat([logits, value[:, None]], 1)


@final
class Masked(MultiInputActorCriticPolicy):
    """Takes logits and value from the features as they are."""

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = Parted(self.features_dim - 1)  # type: ignore[assignment]

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        self.action_net, self.value_net = nn.Identity(), nn.Identity()  # type: ignore[assignment]


@final
class Parted(nn.Module):
    """Logits for the actor, the value for the critic."""

    def __init__(self, logits: int) -> None:
        super().__init__()
        self.latent_dim_pi, self.latent_dim_vf = logits, 1

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Both."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        """Logits."""
        return features[:, :-1]

    def forward_critic(self, features: Tensor) -> Tensor:
        """The value."""
        return features[:, -1:]
