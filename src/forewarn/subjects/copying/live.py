"""What copying and finding have to know of a module that is being trained, read off in one walk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.store.weights import unwrap as unwrap  # noqa: PLC0414 - part of what this file offers
from forewarn.store.weights import wrapper as wrapper  # noqa: PLC0414
from forewarn.subjects.quiet import device_of


@final
@dataclass(frozen=True, slots=True, eq=False)
class LiveModule:
    """A module that is being trained; nothing that stands here is asked of it again."""

    inner: nn.Module
    """The module inside its wrappers."""
    device: torch.device
    """Where its tensors are."""
    names: Mapping[str, str]
    """Name without wrappers of every parameter and persistent buffer, tied ones too, by its name in the module."""
    trained: frozenset[str]
    """Names, without wrappers, of the parameters that training changes."""
    rows: int | None
    """Length of the longest look-up table in it, which no token id may reach; None where there is no table."""

    @staticmethod
    def of(module: nn.Module, stepped: Iterable[Tensor] = ()) -> LiveModule:
        """Walk through a module; nothing of it is run or changed.

        `stepped`: what the optimisers hold, where that is known. Of the parameters that ask for gradients only
        these are trained then. It is not used where no such parameter is among them, as with an optimiser that
        holds flat copies.

        Raises:
            SubjectError: its weights are sharded over processes, or not made yet.
        """
        names, asking, held = dict[str, str](), dict[str, Tensor](), {id(tensor) for tensor in stepped}
        for live, plain, tensor in _tensors(module):
            if isinstance(tensor, nn.Parameter):
                _refuse_unreadable(plain, tensor)
            names[live] = plain
            if tensor.requires_grad:
                asking[plain] = tensor
        trained = {name for name, tensor in asking.items() if id(tensor) in held} or asking.keys()
        tables = (part.num_embeddings for part in module.modules() if isinstance(part, nn.Embedding))
        rows = max(tables, default=None)
        return LiveModule(unwrap(module), device_of(module), names, frozenset(trained), rows)


def _tensors(module: nn.Module, live: str = "", plain: str = "") -> Iterator[tuple[str, str, Tensor]]:
    """(name in the live module, name without wrappers, tensor) of all that a snapshot of it holds."""
    attribute = wrapper(module)
    if attribute is not None:
        yield from _tensors(getattr(module, attribute), f"{live}{attribute}.", plain)
        return
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        if tensor is not None and name not in module._non_persistent_buffers_set:
            yield live + name, plain + name, tensor
    for name, child in module._modules.items():
        if child is not None:
            yield from _tensors(child, f"{live}{name}.", f"{plain}{name}.")


def _refuse_unreadable(name: str, tensor: Tensor) -> None:
    if tensor.is_meta:
        raise SubjectError(
            f"the weight {name!r} is on the meta device: the model has not been made yet. Open it after its "
            "weights exist (with Lightning: after `configure_model`)."
        )
    if hasattr(tensor, "full_tensor") or hasattr(tensor, "_handle"):
        raise SubjectError(
            f"the weight {name!r} is sharded over processes and cannot be copied from one of them. Gather "
            "the full weights first and give an unsharded module as the template."
        )


def part_at(module: nn.Module, path: str) -> nn.Module:
    """The live part, without its wrappers, at a path that names no wrappers."""
    part = unwrap(module)
    for name in path.split(".") if path else ():
        part = unwrap(part.get_submodule(name))
    return part


def refuse_quantised(part: nn.Module, path: str) -> None:
    """Raise SubjectError where a part that would be watched holds weights that are not plain tensors."""
    for name, each in part.named_modules():
        where = ".".join(n for n in (path, name) if n)
        if "_packed_params" in {*each.__dict__, *each._modules}:
            raise SubjectError(_QUANTISED.format(f"{where!r} ({type(each).__name__})", "packs its weights"))
        for key, tensor in (*each._parameters.items(), *each._buffers.items()):
            if tensor is not None and (why := _not_plain(tensor)):
                raise SubjectError(_QUANTISED.format(f"the weight {where + '.' + key!r}", why))


_QUANTISED = (
    "{} {}, and a snapshot cannot hold it, nor can a copy be read that is the model. Quantised, sparse and "
    "wrapped weights are not watched yet: train with plain weights (float32, bfloat16, float16), or watch a run "
    "of the same training with a base that is not quantised."
)


def _not_plain(tensor: Tensor) -> str | None:
    """Why a tensor is no dense array of numbers that mean what they say; None where it is one."""
    kind = type(tensor)
    if tensor.is_quantized or hasattr(tensor, "quant_state") or hasattr(tensor, "SCB"):
        return f"is quantised ({kind.__name__}, {str(tensor.dtype).removeprefix('torch.')})"
    if tensor.layout != torch.strided or tensor.is_nested:
        return f"is sparse or nested (layout {str(tensor.layout).removeprefix('torch.')})"
    if hasattr(tensor, "__tensor_flatten__"):
        return f"is a {kind.__name__}, which wraps other tensors"
    return None
