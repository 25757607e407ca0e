"""Putting a snapshot's tensors into a copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from forewarn.errors import SubjectError
from forewarn.subjects.found import FoundDecoder

_SHOWN = 5


def load_weights(found: FoundDecoder, weights: Mapping[str, Tensor], names: Mapping[str, str]) -> None:
    """Copy the tensors of a snapshot into a decoder's private copy, in place.

    Tensors that lie outside the decoder in the module that the snapshot was taken of are left aside. `names` maps
    names in a live, wrapped module to those without wrappers (`LiveModule.names`). Of tensors that share memory in
    the decoder one name is enough.

    Raises:
        SubjectError: a tensor is missing, too many, or of another shape. Nothing has been written then.
    """
    path, wanted = found.layout.decoder, found.tensors
    given = _within(weights, path, names)
    _refuse_strangers(given, wanted, path)
    # Tied tensors have one address, so that each of their names stands for all. An empty tensor has none.
    there = {wanted[name].data_ptr() for name in given if wanted[name].numel()}
    missing = [n for n, t in wanted.items() if n not in given and t.numel() and t.data_ptr() not in there]
    if missing:
        raise SubjectError(f"the snapshot lacks {_some(missing)} of the model it is opened with")
    for name, tensor in given.items():
        if wanted[name].shape != tensor.shape:
            raise SubjectError(
                f"the snapshot holds {name!r} as {list(tensor.shape)}, the model wants {list(wanted[name].shape)}"
            )
    with torch.inference_mode(False), torch.no_grad():
        for name, tensor in given.items():
            wanted[name].copy_(tensor)


def _within(weights: Mapping[str, Tensor], path: str, names: Mapping[str, str]) -> dict[str, Tensor]:
    """The tensors below a path, by their names relative to it."""
    plain = {names.get(name, name).replace("_orig_mod.", ""): tensor for name, tensor in weights.items()}
    prefix = f"{path}." if path else ""
    return {name[len(prefix) :]: tensor for name, tensor in plain.items() if name.startswith(prefix)}


def _refuse_strangers(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: str) -> None:
    strange = [name for name in given if name not in wanted]
    if strange:
        raise SubjectError(
            f"the snapshot holds {_some(strange)}, which the decoder {path or '(the module itself)'!r} does not "
            "have. It was taken of another model; open it with the module that it was taken of."
        )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    shown = ", ".join(map(repr, listed[:_SHOWN]))
    return f"{len(listed)} tensors ({shown}{', …' if len(listed) > _SHOWN else ''})"
