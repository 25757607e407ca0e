"""Everything that is changed during one pass: vectors added to the stream, and activations held at values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite
from forewarn.subjects.clamps import BatchClamp, Clamp, check_clamp, held
from forewarn.subjects.edits import Edit, addends, check_edits

Change = Edit | Clamp
"""What a caller asks for."""


@dataclass(frozen=True, slots=True)
class Activations:
    """Where the activations of one block are to be read and held."""

    module: str
    """The module that is given them, relative to the decoder."""
    n: int
    """How many there are."""


FindActivations = Callable[[int], Activations]
"""By layer; raises NotApplicableError where there are none."""


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """What is changed for one batch, on the model's device. Nothing is, by default."""

    added: Mapping[int, Float[Tensor, "b t d"]] = field(default_factory=dict)
    """What is added to the stream, by stage (`StreamSite.stage`)."""
    held: tuple[BatchClamp, ...] = ()
    """Activations that are held."""


def check_changes(
    changes: Sequence[Change],
    lengths: Sequence[int],
    sites: Collection[StreamSite],
    width: int,
    find: FindActivations,
) -> None:
    """Refuse changes that do not fit the subject or the prompts.

    Raises:
        ConfigurationError: layer, width, neurons, number of prompts or of positions do not fit.
        NotApplicableError: neurons of the block cannot be told.
    """
    check_edits([c for c in changes if isinstance(c, Edit)], lengths, sites, width)
    for clamp in (c for c in changes if isinstance(c, Clamp)):
        check_block(clamp.layer, max(sites).layer)
        check_clamp(clamp, len(lengths), find(clamp.layer).n)


def check_block(layer: int, last: int) -> None:
    """Refuse a block that the subject has not; ConfigurationError."""
    if not 1 <= layer <= last:
        raise ConfigurationError(f"a block lies in 1 to {last}; found {layer}")


@dataclass(frozen=True, slots=True, eq=False)
class ChangePlan:
    """Changes as a caller asked for them, before it is known which prompts run together."""

    asked: Sequence[Change]
    """Checked."""
    like: Tensor
    """Type and device of the stream."""
    find: FindActivations
    """Where activations are."""

    def batch(self, rows: Sequence[int], prompt: int, length: int) -> Changes:
        """The changes for the prompts `rows`, of `prompt` tokens each, now `length` tokens long."""
        edits = [c for c in self.asked if isinstance(c, Edit)]
        clamps = [c for c in self.asked if isinstance(c, Clamp)]
        return Changes(
            addends(edits, rows, prompt, length, self.like),
            tuple(held(c, self.find(c.layer).module, rows, prompt, self.like) for c in clamps),
        )
