"""Which tensors of a module act on a decoder's logits, measured by changing them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from jaxtyping import Float, Int
from torch import Tensor, nn

from forewarn.subjects.finding.decoder import answers
from forewarn.subjects.finding.shaking import moves
from forewarn.subjects.layout import Calling

_AT_ONCE = 2**26
"""Most weights that are changed, and so kept twice, at one time."""


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A decoder in a module, before its own parts are known."""

    path: str
    """Its path in the module; "" is the module itself."""
    calling: Calling
    """How it is called."""

    def around(self) -> Iterator[FoundPart]:
        """The same decoder as part of each module around it, from the innermost to the whole."""
        steps = self.path.split(".") if self.path else []
        for k in reversed(range(len(steps))):
            called = ".".join(filter(None, (*steps[k:], self.calling.part)))
            yield FoundPart(".".join(steps[:k]), replace(self.calling, part=called))


@dataclass(frozen=True, slots=True, eq=False)
class Acting:
    """A copied module whose weights have been shaken, in which tensors are changed to see what moves."""

    root: nn.Module
    """The shaken copy."""
    ids: Int[Tensor, "2 t"]
    """The trial prompts."""
    names: Collection[str]
    """Names of the parameters that training changes."""

    def part(self, found: FoundPart) -> nn.Module:
        """The module that a snapshot would hold."""
        return self.root.get_submodule(found.path)

    def logits(self, found: FoundPart) -> Float[Tensor, "2 t v"]:
        """What a decoder answers to the trial prompts."""
        return answers(self.part(found), self.ids, found.calling)

    def trained(self) -> list[tuple[str, Tensor]]:
        """Names and values of the parameters that training changes; shared ones under each of their names."""
        known = self.root.named_parameters(remove_duplicate=False)
        return [(name, tensor) for name, tensor in known if name in self.names]

    def holds_trained(self, part: nn.Module) -> bool:
        """Whether a parameter that training changes lies in a part."""
        trained = {id(tensor) for _, tensor in self.trained()}
        return any(id(p) in trained for p in part.parameters())

    def outside(self, found: FoundPart) -> list[tuple[str, Tensor]]:
        """Floating tensors of the whole module that do not lie in a decoder, under one of their names."""
        part = self.part(found)
        inside = {id(tensor) for tensor in (*part.parameters(), *part.buffers())}
        known = (*self.root.named_parameters(), *self.root.named_buffers())
        return [(n, t) for n, t in known if id(t) not in inside and t.is_floating_point()]

    def trained_outside(self, found: FoundPart) -> list[Tensor]:
        """The parameters outside of a decoder that training changes."""
        trained = {id(tensor) for _, tensor in self.trained()}
        return [tensor for _, tensor in self.outside(found) if id(tensor) in trained]

    def is_trained(self, found: FoundPart) -> bool:
        """Whether some parameter that training changes lies in a decoder and acts on its logits."""
        inside = {id(p) for p in self.part(found).parameters()}
        return self.acts(found, [tensor for _, tensor in self.trained() if id(tensor) in inside])

    def acts(self, found: FoundPart, tensors: Iterable[Tensor]) -> bool:
        """Whether a decoder's logits change when some of these tensors do."""
        return any(moves(lambda: self.logits(found), group) for group in _groups(tensors))

    def acted_on_from_outside(self, found: FoundPart) -> bool:
        """Whether a decoder's logits depend on tensors that a snapshot of it would not hold."""
        return self.acts(found, [tensor for _, tensor in self.outside(found)])


def _groups(tensors: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """The tensors in groups that are small enough to be kept twice."""
    group, size = list[Tensor](), 0
    for tensor in tensors:
        if group and size + tensor.numel() > _AT_ONCE:
            yield group
            group, size = [], 0
        group.append(tensor)
        size += tensor.numel()
    if group:
        yield group
