"""A decoder that has been found, as it is handed from room to room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import final

import torch
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.layout import Layout
from forewarn.subjects.quiet import device_of
from forewarn.subjects.rebinding import duplicated


@final
@dataclass(frozen=True, slots=True, eq=False)
class FoundDecoder:
    """A private copy of a decoder, with all that is known of it. It is made once, so that nothing is asked twice.

    Putting a snapshot into the copy changes the values of `tensors` and nothing else that stands here.
    """

    module: nn.Module = field(repr=False)
    """The copy: without wrappers, in eval mode, without gradients."""
    layout: Layout
    """Where its parts are."""
    tensors: Mapping[str, Tensor] = field(repr=False)
    """Every parameter and persistent buffer by its name in the copy; tied ones stand under each of their names."""
    device: torch.device
    """Where it lies and is run."""
    like: Tensor
    """A zero of the residual stream's type, on the device."""

    @staticmethod
    def of(module: nn.Module, layout: Layout) -> FoundDecoder:
        """Walk through a copy once, for its tensors and its device."""
        tensors: dict[str, Tensor] = {}
        for prefix, part in module.named_modules(remove_duplicate=False):
            held = {n: t for n, t in part._buffers.items() if n not in part._non_persistent_buffers_set}
            # Of a pruned or normed matrix these are what it is computed from, as a snapshot holds them.
            for name, tensor in (*part._parameters.items(), *held.items()):
                if tensor is not None:
                    tensors[f"{prefix}.{name}" if prefix else name] = tensor
        floating = (p for p in module.parameters() if p.is_floating_point())
        like = next(floating, torch.zeros(())).new_zeros(())
        return FoundDecoder(module, layout, tensors, device_of(module), like)

    def copied(self) -> FoundDecoder:
        """The same decoder in a copy of its own, into which another snapshot can be put."""
        return FoundDecoder.of(duplicated(self.module), self.layout)

    def laid_out(self, layout: Layout) -> FoundDecoder:
        """The same copy with a layout that says something else of it."""
        return replace(self, layout=layout)

    def part(self, name: str) -> nn.Module:
        """The module of a name, relative to the decoder.

        Raises:
            SubjectError: there is no such module.
        """
        try:
            return self.module.get_submodule(name)
        except AttributeError as error:
            raise SubjectError(
                f"the layout names the module {name!r}, which {type(self.module).__name__} does not have. Was it "
                "recorded of another model?"
            ) from error

    def tensor(self, name: str) -> Tensor:
        """The parameter or buffer of a name, relative to the decoder.

        Raises:
            SubjectError: there is no such tensor.
        """
        if name not in self.tensors:
            raise SubjectError(
                f"the layout names the tensor {name!r}, which {type(self.module).__name__} does not have. "
                "Was it recorded of another model?"
            )
        return self.tensors[name]

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the residual stream."""
        return self.like.dtype
