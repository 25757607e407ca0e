"""Where a probe looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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

    def __str__(self) -> str:
        return f"{self.component}{self.layer}@{self.token}"
