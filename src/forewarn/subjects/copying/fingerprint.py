"""What a look could move: a model that is trained, and the process around it."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, final

import numpy as np
import torch
from torch import Tensor, nn

from forewarn.subjects.copying.extras import version_of
from forewarn.subjects.copying.traffic import storage_of
from forewarn.subjects.holding import held_parts, held_tensors

_SHOWN: Final = 3


@final
@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A model at one moment, cheap enough for every look: two of them differ where anything was moved.

    Tensors go by identity, address and torch's own count of writes. A write past that count (through `.data`, or
    by code of another library) is seen with `values` only, which costs a pass over all bytes.
    """

    tensors: Mapping[str, Any]
    """Parameters, buffers and plain tensors, by name."""
    gradients: Mapping[str, Any]
    """Gradients, and whether one is asked for, by the parameter's name."""
    modes: Mapping[str, Any]
    """Whether each module is in training mode."""
    hooks: Mapping[str, Any]
    """How many hooks each module has, and which forward."""
    chance: Mapping[str, Any]
    """States of the process's random number generators."""
    process: Mapping[str, Any]
    """Modes of torch that hold for the whole process."""

    @staticmethod
    def of(module: nn.Module, *, values: bool = False) -> Fingerprint:
        """Take the fingerprint of a live module. Nothing of it is run. `values`: hash the tensors' bytes too."""
        named = list(held_tensors(module))
        device = next((tensor.device for _, tensor in named), torch.device("cpu"))
        parts = list(held_parts(module))
        return Fingerprint(
            {name: _mark(tensor, values) for name, tensor in named},
            {name: (t.requires_grad, _gradient(t, values)) for name, t in named if t.is_leaf},
            {name: part.__dict__.get("training") for name, part in parts},
            {name: tuple(_counts(part)) for name, part in parts},
            dict(_chance(device)),
            dict(_process(device)),
        )

    def moved(self, later: Fingerprint) -> tuple[str, ...]:
        """What differs in a later fingerprint of the same module, in words; empty where nothing does."""
        return tuple(
            f"{field.name} ({_names(one, other)})"
            for field in fields(self)
            if (one := getattr(self, field.name)) != (other := getattr(later, field.name))
        )


def _names(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    changed = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    shown = ", ".join(name or "the module itself" for name in changed[:_SHOWN])
    return shown + (f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else "")


def _mark(tensor: Tensor, values: bool) -> tuple[Any, ...]:
    mark = (id(tensor), storage_of(tensor), tuple(tensor.shape), version_of(tensor))
    return (*mark, _digest(tensor)) if values else mark


def _gradient(tensor: Tensor, values: bool) -> tuple[Any, ...] | None:
    return None if tensor.grad is None else _mark(tensor.grad, values)


def _digest(tensor: Tensor) -> str:
    plain = tensor.detach().cpu().contiguous().reshape(-1)
    return hashlib.sha256(plain.view(torch.uint8).numpy().tobytes()).hexdigest()


def _counts(part: nn.Module) -> Iterator[int]:
    yield id(part.__dict__.get("forward"))
    for name, value in part.__dict__.items():
        if "hook" in name and isinstance(value, dict):
            yield len(value)


def _chance(device: torch.device) -> Iterator[tuple[str, Any]]:
    yield "torch", torch.get_rng_state().numpy().tobytes()
    if device.type == "cuda":
        yield str(device), torch.cuda.get_rng_state(device).numpy().tobytes()
    yield "random", random.getstate()
    kind, keys, *rest = np.random.get_state(legacy=True)
    yield "numpy", (kind, np.asarray(keys).tobytes(), *rest)


def _process(device: torch.device) -> Iterator[tuple[str, Any]]:
    yield "gradients", torch.is_grad_enabled()
    yield "inference mode", torch.is_inference_mode_enabled()
    yield "autocast", torch.is_autocast_enabled(device.type)
    yield "default dtype", torch.get_default_dtype()
    yield "deterministic algorithms", torch.are_deterministic_algorithms_enabled()
    yield "threads", torch.get_num_threads()
