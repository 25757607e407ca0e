"""Where a probe looks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

Component = Literal["resid", "attn", "mlp", "weight", "context"]
Role = Literal["answer", "entity", "context"]


@dataclass(frozen=True, slots=True)
class Site:
    """A place in a model: layer, component, token role.

    Written "resid3@answer" everywhere; a place of the residual stream without a token is written "resid3a".
    Layer 0 of the residual stream is the embedding's output; layer k is the output of block k.
    """

    layer: int
    """0 to the number of blocks."""
    depth: float
    """`layer` divided by the number of blocks, so that models of different depth compare."""
    component: Component = "resid"
    """Which tensor at that layer."""
    token: Role = "answer"
    """Which position of a prompt: the last one, the entity's last token, or the context's last token."""

    def __post_init__(self) -> None:
        if self.layer < 0 or not 0.0 <= self.depth <= 1.0:
            raise ValueError(f"a site has layer >= 0 and depth in [0, 1]; found {self.layer}, {self.depth}")

    @staticmethod
    def parse(text: str, layers: int) -> Site:
        """Read what `str` wrote, for a model of so many blocks. ValueError for anything else."""
        found = re.fullmatch(rf"({_either(Component)})([0-9]{{1,9}})@({_either(Role)})", text)
        if not found:
            raise ValueError(
                "a site is written as tensor, layer and token, such as resid2@answer "
                f"(tensors: {_listed(Component)}; tokens: {_listed(Role)}); found {text!r}"
            )
        if (layer := int(found[2])) > layers:
            raise ValueError(f"the model has layers 0 to {layers}; found layer {layer} in {text!r}")
        component, token = cast(Component, found[1]), cast(Role, found[3])
        return Site(layer, layer / max(layers, 1), component, token)

    def __str__(self) -> str:
        return f"{self.component}{self.layer}@{self.token}"


def _either(names: object) -> str:
    return "|".join(get_args(names))


def _listed(names: object) -> str:
    return ", ".join(get_args(names))
