"""Building a decoder again from what a run keeps on disk: a configuration and tensors, never code or pickles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.layout import Layout
from forewarn.subjects.opening import Opener
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.subject import Subject

_CPU = torch.device("cpu")
_CODE = ("auto_map", "quantization_config")
"""Entries of a configuration that would have code from elsewhere run."""


@final
@dataclass(frozen=True, slots=True)
class Held:
    """How much a stored snapshot holds: what bounds the model that may be built for it."""

    tensors: int
    """Tensors, tied names among them."""
    numbers: int
    """Numbers in all of them together."""


@final
class Reopener:
    """Opens the snapshots of a stored run; the decoder is built once.

    Mutable: the decoder is built when the first snapshot is opened. Every subject has a copy of its own, so that
    several can be open at once.
    """

    def __init__(self, make: Callable[[], Opener]) -> None:
        """`make`: an opener of the decoder, with any weights (`recorded_opener`)."""
        self._make = make
        self._opener: Opener | None = None

    def open(self, weights: Mapping[str, Tensor], digest: str) -> Subject:
        """A subject with a snapshot's tensors, under the names of the module that was trained.

        Raises:
            SubjectError: the decoder cannot be built, or the tensors or the layout are not its own.
        """
        self._opener = self._opener or self._make()
        path = self._opener.layout.decoder
        if path and not any(name.startswith(f"{path}.") for name in weights):
            raise SubjectError(
                f"the snapshot holds no tensor below {path!r}; its first name is {next(iter(weights), None)!r}"
            )
        return self._opener.twin().open(weights, digest)


def recorded_opener(decoder: nn.Module, layout: Mapping[str, Any] | None, example: Prompts) -> Opener:
    """An opener of a decoder that was built again, whose parts are where the run has recorded them.

    What is recorded includes the names that the user gave (`Overrides`), which a search would not know.

    Raises:
        SubjectError: no layout was recorded, it says nothing sound, or it is another model's.
    """
    try:
        recorded = Layout.from_json(layout or {})
    except (KeyError, TypeError, ValueError) as error:
        raise SubjectError(f"the run's manifest holds no sound layout of its model: {error!r}") from error
    return Opener(decoder, example, layout=recorded)


def build_causal_lm(
    config: Mapping[str, Any], weights: Mapping[str, Tensor] | None = None, held: Held | None = None
) -> nn.Module:
    """A transformers causal language model of a saved configuration (`config.to_dict()`), with random weights.

    With `weights` (names as in the model) their shapes are compared before any memory is taken, with `held` the
    numbers of layers and of weights: a configuration that asks for more than the snapshot holds is refused.

    Raises:
        SubjectError: transformers is missing, the configuration names no known model or asks for foreign code,
            or it asks for other weights than there are.
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
        if held is not None:
            _refuse_long_lists(kept, held)
        settings = auto.AutoConfig.for_model(config["model_type"], **kept)
        if held is not None:
            _refuse_more_layers(settings, held)
        if weights is not None or held is not None:
            with torch.device("meta"), undisturbed(_CPU):
                sketch = auto.AutoModelForCausalLM.from_config(settings)
            _refuse_other_shapes(sketch, weights or {}) if held is None else _refuse_more(sketch, held)
        with undisturbed(_CPU):
            return _module(auto.AutoModelForCausalLM.from_config(settings), config["model_type"])
    except SubjectError:
        raise
    except Exception as error:
        raise SubjectError(
            f"transformers {auto.__version__} cannot build a causal language model of type "
            f"{config['model_type']!r}: {type(error).__name__}: {error}"
        ) from error


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


def _refuse_long_lists(config: Mapping[str, Any], held: Held) -> None:
    """Numbers of layers, under whatever name: some configurations make a list of that length."""
    for name, value in config.items():
        if "layer" in name and isinstance(value, int) and value > held.tensors:
            raise SubjectError(
                f"the configuration asks for {name} {value}; the snapshot holds {held.tensors} tensors"
            )


def _refuse_more_layers(settings: Any, held: Held) -> None:
    layers = getattr(settings, "num_hidden_layers", 0)
    if isinstance(layers, int) and layers > held.tensors:
        raise SubjectError(
            f"the configuration asks for {layers} layers; the snapshot holds {held.tensors} tensors"
        )


def _refuse_more(model: nn.Module, held: Held) -> None:
    """Parameters that a configuration ties may stand in the sketch twice; more than that is another model."""
    asked = sum(parameter.numel() for parameter in model.parameters())
    if asked > 2 * held.numbers:
        raise SubjectError(
            f"the configuration asks for a model of {asked:,} numbers; the snapshot holds {held.numbers:,}"
        )


def _module(built: Any, name: str) -> nn.Module:
    if not isinstance(built, nn.Module):
        raise SubjectError(f"{name!r} built a {type(built).__name__}; a torch.nn.Module was wanted")
    return built
