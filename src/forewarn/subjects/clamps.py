"""Activations of neurons held at values while a subject reads or writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.subjects.calling import given_tensor, with_given


@dataclass(frozen=True, slots=True, eq=False)
class Clamp:
    """The activations of some neurons of one block are set, at the last position of every prompt.

    The activation is what the MLP's last matrix is given (`Subject.activations`). When the subject writes, they
    are set at every written position as well.
    """

    layer: int
    """k of 1 to L: neurons of block k."""
    units: Sequence[int]
    """Which neurons, each once."""
    values: Float[Tensor, " k"] | Float[Tensor, "n k"]
    """One value for each neuron; with a leading axis, one row for each prompt."""

    def __post_init__(self) -> None:
        shape, units = list(self.values.shape), [int(u) for u in self.units]
        if not units or len(set(units)) < len(units) or min(units) < 0:
            raise ConfigurationError(
                f"a clamp names neurons from 0 up, each once and at least one; found {units}"
            )
        if self.values.ndim not in (1, 2) or shape[-1] != len(units) or not self.values.is_floating_point():
            raise ConfigurationError(
                f"a clamp of {len(units)} neurons has floating values [{len(units)}] or [n, {len(units)}]; found "
                f"{self.values.dtype} {shape}"
            )
        if not bool(self.values.isfinite().all()):
            raise ConfigurationError(f"a clamp's values must be finite; found nan or inf in {shape}")


@dataclass(frozen=True, slots=True, eq=False)
class BatchClamp:
    """A clamp for one batch: the prompts' own values, and where they begin to hold."""

    module: str
    """The module whose input the activations are, relative to the decoder."""
    units: Sequence[int]
    """Which entries of the last axis."""
    values: Float[Tensor, "b k"]
    """On the model's device."""
    start: int
    """First position at which they hold."""

    def __call__(self, given: Float[Tensor, "b t n"]) -> Float[Tensor, "b t n"]:
        """The activations with the held ones in place."""
        out = given.clone()
        out[:, self.start :, list(self.units)] = self.values[:, None]
        return out


def check_clamp(clamp: Clamp, n_prompts: int, n_units: int) -> None:
    """Refuse a clamp that does not fit the block or the prompts; ConfigurationError."""
    if max(clamp.units) >= n_units:
        raise ConfigurationError(
            f"block {clamp.layer} has {n_units} neurons, numbered from 0; a clamp names {max(clamp.units)}"
        )
    if clamp.values.ndim == 2 and len(clamp.values) != n_prompts:
        raise ConfigurationError(
            f"{n_prompts} prompts were given, but a clamp for {len(clamp.values)}: {list(clamp.values.shape)}"
        )


def held(clamp: Clamp, module: str, rows: Sequence[int], prompt: int, like: Tensor) -> BatchClamp:
    """A clamp for the prompts `rows` of `prompt` tokens each."""
    values = clamp.values[list(rows)] if clamp.values.ndim == 2 else clamp.values.expand(len(rows), -1)
    return BatchClamp(module, clamp.units, values.detach().to(like), prompt - 1)


def holding(held: BatchClamp, batch: int, time_first: bool) -> Any:
    """A forward pre-hook for `held.module` that sets the activations in what it is given."""

    def hook(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = given_tensor(args, kwargs)
        if given is None:
            return None
        rows = as_rows(given, batch, time_first)
        return with_given(args, kwargs, given, like_rows(held(rows), given, time_first))

    return hook


def as_rows(x: Float[Tensor, "..."], batch: int, time_first: bool) -> Float[Tensor, "b t n"]:
    """[B, T, n] of what a module inside a block was given: [B, T, n], [T, B, n] or all positions in one axis."""
    if time_first:
        return x.reshape(-1, batch, x.shape[-1]).transpose(0, 1)
    return x.reshape(batch, -1, x.shape[-1])


def like_rows(
    rows: Float[Tensor, "b t n"], x: Float[Tensor, "..."], time_first: bool
) -> Float[Tensor, "..."]:
    """The reverse of `as_rows`, in the shape of `x`."""
    return (rows.transpose(0, 1) if time_first else rows).reshape(x.shape)
