"""Reading a model's configuration, whatever it is: an object, a dict, or something between the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def entry(config: Any, name: str) -> Any:
    """An entry of a configuration, as an attribute or as an item; None where it has none.

    Configurations answer for what they do not have in many ways: with None, with an empty configuration, or with
    an error of any kind. None of these may end a look.
    """
    try:
        found = getattr(config, name, None)
        if found is None and isinstance(config, Mapping):
            found = config.get(name)
    except Exception:
        return None
    return found


def text_config(config: Any) -> Any:
    """The part of a configuration that is about text, where one of transformers has such a part."""
    ask = entry(config, "get_text_config")
    if not callable(ask):
        return config
    try:
        return ask()
    except Exception:
        return config
