"""Building a decoder again from what a run keeps on disk: a configuration and tensors, never code or pickles."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.layout import Overrides
from forewarn.subjects.opening import Opener
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.subject import Subject

_CPU = torch.device("cpu")
_CODE = ("auto_map", "quantization_config")
"""Entries of a configuration that would have code from elsewhere run."""


def open_from_disk(
    decoder: nn.Module,
    weights: Mapping[str, Tensor],
    example: Prompts,
    path: str = "",
    digest: str = "",
    overrides: Overrides | None = None,
) -> Subject:
    """A subject of a rebuilt decoder with a snapshot's tensors.

    `path` is where the decoder lay in the module that the snapshot was taken of (`Layout.decoder` of the run).

    Raises:
        SubjectError: the tensors are not those of this decoder, or it cannot be read.
    """
    prefix = f"{path}." if path else ""
    own = {name[len(prefix) :]: tensor for name, tensor in weights.items() if name.startswith(prefix)}
    if not own:
        raise SubjectError(
            f"the snapshot holds no tensor below {path!r}; its first name is {next(iter(weights), None)!r}"
        )
    return Opener(decoder, example, overrides).open(own, digest)


def build_causal_lm(config: Mapping[str, Any], weights: Mapping[str, Tensor] | None = None) -> nn.Module:
    """A transformers causal language model of a saved configuration (`config.to_dict()`), with random weights.

    With `weights` (names as in the model) their shapes are compared before any memory is taken, so that a
    configuration that asks for more than the snapshot holds is refused.

    Raises:
        SubjectError: transformers is missing, the configuration names no known model or asks for foreign code,
            or its shapes are not those of the weights.
    """
    auto = _transformers()
    asked = [key for key in _CODE if config.get(key)]
    if asked or not isinstance(config.get("model_type"), str):
        raise SubjectError(
            f"a configuration with a known model_type and without {', '.join(_CODE)} was wanted; found model_type "
            f"{config.get('model_type')!r}{' and ' + ', '.join(asked) if asked else ''}. Other decoders are "
            "built by a factory that you name."
        )
    try:
        kept = {k: v for k, v in config.items() if k not in ("model_type", "transformers_version")}
        settings = auto.AutoConfig.for_model(config["model_type"], **kept)
        if weights is not None:
            with torch.device("meta"), undisturbed(_CPU):
                _refuse_other_shapes(auto.AutoModelForCausalLM.from_config(settings), weights)
        with undisturbed(_CPU):
            return _module(auto.AutoModelForCausalLM.from_config(settings), config["model_type"])
    except SubjectError:
        raise
    except Exception as error:
        raise SubjectError(
            f"transformers {auto.__version__} cannot build a causal language model of type "
            f"{config['model_type']!r}: {type(error).__name__}: {error}"
        ) from error


def build_by_factory(name: str, settings: Mapping[str, Any]) -> nn.Module:
    """The decoder that "package.module:function" returns for these keyword settings.

    The name comes from the person at the keyboard, never from a file of the run: importing it runs code.

    Raises:
        SubjectError: there is no such function, it raised, or it returned no module.
    """
    place, _, function = name.partition(":")
    if not (place and function):
        raise SubjectError(f"a factory is named 'package.module:function'; found {name!r}")
    try:
        with undisturbed(_CPU):
            return _module(getattr(importlib.import_module(place), function)(**settings), name)
    except SubjectError:
        raise
    except Exception as error:
        raise SubjectError(f"the factory {name!r} failed: {type(error).__name__}: {error}") from error


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise SubjectError(
            "this run's model was made with transformers, which is not installed; install forewarn[hf]"
        ) from error
    return transformers


def _refuse_other_shapes(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    for name, parameter in model.named_parameters():
        if name not in weights or weights[name].shape != parameter.shape:
            found = list(weights[name].shape) if name in weights else "nothing"
            raise SubjectError(
                f"the configuration asks for {name!r} as {list(parameter.shape)}; the snapshot holds {found}"
            )


def _module(built: Any, name: str) -> nn.Module:
    if not isinstance(built, nn.Module):
        raise SubjectError(f"{name!r} built a {type(built).__name__}; a torch.nn.Module was wanted")
    return built
