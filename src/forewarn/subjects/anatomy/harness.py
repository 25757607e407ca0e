"""A test harness for one block. It calls the block again and again and replaces what the block's parts give."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from forewarn.subjects.calling import gave_tensor, given_tensor, hooks, with_gave, with_given
from forewarn.subjects.clamps import as_rows, like_rows
from forewarn.subjects.tracing import Call, trace_again


class _EnoughError(Exception):
    """Ends a call once what was wanted has been seen."""


@dataclass(frozen=True, slots=True, eq=False)
class PartRecord:
    """What parts were given and gave during one call, as [B, T, width]."""

    given: dict[str, Tensor] = field(default_factory=dict)
    """What each part was given, by its name."""
    gave: dict[str, Tensor] = field(default_factory=dict)
    """What each part gave, by its name, after any replacement."""


@final
class BlockHarness:
    """Calls one module with the arguments that it had in a pass. Names are relative to the module; "" is itself.

    What a part gives can be replaced (`put`), and so can the stream that the module is given (`x`). What
    follows can then be observed as a function of them, whatever the weights before it hold.
    """

    def __init__(self, call: Call, batch: int, *, time_first: bool = False) -> None:
        self.call, self.batch, self._time_first = call, batch, time_first
        self._generator = torch.Generator().manual_seed(0)

    def random(self, *shape: int) -> Tensor:
        """Standard normal numbers on the device of the module."""
        return torch.randn(shape, generator=self._generator).to(self.call.given)

    def random_like(self, name: str, base: PartRecord) -> Float[Tensor, "b t w"]:
        """Random numbers in the shape of what a part gave."""
        return self.random(*base.gave[name].shape)

    @property
    def given(self) -> Float[Tensor, "b t d"]:
        """The stream that the module was given in the pass."""
        return self.rows(self.call.given)

    def rows(self, x: Tensor) -> Float[Tensor, "b t w"]:
        """A tensor of the module as [B, T, width]."""
        return as_rows(x, self.batch, self._time_first)

    def calls(self) -> list[Call]:
        """All calls inside the module when it is called as in the pass."""
        return trace_again(self.call, self.call.given)

    def within(self, name: str) -> BlockHarness:
        """The harness of a part, with the arguments that it has in the module as it was in the pass."""
        found = next(c for c in self.calls() if c.name == name)
        return BlockHarness(found, self.batch, time_first=self._time_first)

    def run(
        self,
        see: Collection[str],
        put: Mapping[str, Tensor] | None = None,
        x: Float[Tensor, "b t d"] | None = None,
        until: str | None = None,
    ) -> PartRecord:
        """Call the module once. The call ends as soon as the part `until` has been given its input."""
        seen = PartRecord()
        given = self.call.given if x is None else like_rows(x, self.call.given, self._time_first)
        args, kwargs = with_given(self.call.args, self.call.kwargs, self.call.slot, given)
        with suppress(_EnoughError), hooks(self._handles(seen, see, put or {}, until)):
            self.call.module(*args, **kwargs)
        return seen

    def _handles(
        self, seen: PartRecord, see: Collection[str], put: Mapping[str, Tensor], until: str | None
    ) -> Iterator[RemovableHandle]:
        for name, value in put.items():
            yield self._part(name).register_forward_hook(self._putting(value))
        for name in {*see, *([until] if until is not None else [])}:
            yield self._part(name).register_forward_pre_hook(
                self._before(seen, name, until), with_kwargs=True
            )
            yield self._part(name).register_forward_hook(self._after(seen, name))

    def _part(self, name: str) -> nn.Module:
        return self.call.module.get_submodule(name)

    def _putting(self, value: Float[Tensor, "b t w"]) -> Any:
        def hook(module: nn.Module, args: Any, output: Any) -> Any:
            old = gave_tensor(output)
            # A copy, because some blocks add to it in place.
            return (
                output if old is None else with_gave(output, like_rows(value, old, self._time_first).clone())
            )

        return hook

    def _before(self, seen: PartRecord, name: str, until: str | None) -> Any:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            found = given_tensor(args, kwargs)
            if found is not None:
                seen.given[name] = self.rows(found).clone()
            if name == until:
                raise _EnoughError

        return hook

    def _after(self, seen: PartRecord, name: str) -> Any:
        def hook(module: nn.Module, args: Any, output: Any) -> None:
            found = gave_tensor(output)
            if found is not None:
                seen.gave[name] = self.rows(found).clone()

        return hook
