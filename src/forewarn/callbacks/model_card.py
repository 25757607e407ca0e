"""What run.json says of the model, so that a run can be replayed without the script that made it."""

from __future__ import annotations

import json
from typing import Any

from torch import nn

from forewarn.subjects.opening import Opener


def model_card(module: nn.Module, opener: Opener | None) -> dict[str, Any]:
    """Class, sizes, layout, and the configuration of a transformers model; sizes null if it cannot be read."""
    if opener is None:
        return {
            "class": type(module).__name__,
            "layers": None,
            "width": None,
            "vocabulary": None,
            "config": None,
        }
    layout = opener.layout
    decoder = module.get_submodule(layout.decoder) if layout.decoder else module
    return {
        "class": type(decoder).__name__,
        "layers": layout.n_layers,
        "width": layout.width,
        "vocabulary": layout.vocab,
        "layout": layout.as_json(),
        "config": _config(decoder),
    }


def _config(decoder: nn.Module) -> dict[str, Any] | None:
    """The configuration of a model that has one with `to_dict`; None where that is not plain JSON."""
    to_dict = getattr(getattr(decoder, "config", None), "to_dict", None)
    if to_dict is None:
        return None
    try:
        found = to_dict()
        json.dumps(found)
    except (TypeError, ValueError):
        return None
    return dict(found)
