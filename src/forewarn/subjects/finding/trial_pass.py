"""One pass over the trial prompts, from which all parts of a decoder are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from forewarn.subjects.calling import ALONE, last_logits
from forewarn.subjects.layout import Calling
from forewarn.subjects.tracing import Call, TrialShape, trace_pass


@dataclass(frozen=True, slots=True, eq=False)
class TrialPass:
    """A decoder, the prompts it was given, and every call that it made."""

    decoder: nn.Module
    """A copy whose weights have been shaken."""
    ids: Int[Tensor, "b t"]
    """The prompts, with b and t unequal."""
    shape: TrialShape
    """Tells the axes of a stream apart."""
    calls: Sequence[Call]
    """In the order in which they ended."""
    logits: Float[Tensor, "b v"]
    """At the last position."""
    calling: Calling = ALONE
    """How the decoder is called."""

    @staticmethod
    def of(decoder: nn.Module, ids: Int[Tensor, "b t"], calling: Calling = ALONE) -> TrialPass:
        """Run the decoder, once to trace it and once without hooks."""
        logits = last_logits(decoder, ids, calling)
        calls, _ = trace_pass(decoder, ids, calling)
        return TrialPass(decoder, ids, TrialShape(*ids.shape), calls, logits, calling)

    def on(self, ids: Int[Tensor, "b t"]) -> Sequence[Call]:
        """The calls for other prompts of the same shape."""
        return trace_pass(self.decoder, ids, self.calling)[0]

    def after(self, last: Call) -> list[Call]:
        """The calls that began when one had ended."""
        return [call for call in self.calls if call.start > last.end]
