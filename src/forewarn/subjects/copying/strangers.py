"""What stands in a model and is not to be copied with it."""

from __future__ import annotations

import types
from typing import Any

import torch
from torch import nn

_TRAINERS = ("pytorch_lightning", "lightning", "lightning_fabric", "accelerate", "deepspeed", "trl")
_TRAINING = ("transformers.trainer", "transformers.integrations")
_AROUND = ("accelerate.utils",)
"""Where what libraries put around a forward comes from."""


class LeftBehind:
    """Stands in a copy where the original holds a trainer, an optimiser, or anything that cannot be copied."""


def is_stranger(value: Any) -> bool:
    """Whether a value belongs to what trains a model, and not to the model."""
    if isinstance(value, types.MethodType):
        return is_stranger(value.__self__)
    if isinstance(value, (torch.optim.Optimizer, torch.utils.data.DataLoader)):
        return True
    home = type(value).__module__
    if isinstance(value, (nn.Module, dict, types.FunctionType)):
        return False
    if home.startswith(_AROUND):
        return False
    return home.split(".")[0] in _TRAINERS or home.startswith(_TRAINING)
