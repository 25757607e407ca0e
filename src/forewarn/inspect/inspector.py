"""One opened snapshot, looked into again and again."""

from __future__ import annotations

from typing import final

from forewarn.audit.traced import questions
from forewarn.errors import ConfigurationError
from forewarn.inspect.head import inspect_head
from forewarn.inspect.neuron import inspect_neuron
from forewarn.inspect.opened import Opened
from forewarn.inspect.request import LensRequest, Request
from forewarn.inspect.virtual import inspect_virtual
from forewarn.inspect.weights import OpenedWeights
from forewarn.lenses.trajectory import TracedPrompt, TraceSettings, trace
from forewarn.records import Inspected, Trajectories


@final
class Inspector:
    """Mutable: weights and maps that were computed for one request are kept for the next."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self._weights: dict[str, OpenedWeights] = {}

    def inspect(self, request: Request) -> Inspected:
        """Compute all views that a request asks for.

        Raises:
            ConfigurationError: there is no such block, neuron, head or transport; the message gives the range.
            AuditSetError: there is no such fact or context, or the model cannot take the prompt.
            NotApplicableError: the model has nothing that could be read so; the message says what was found.
        """
        if request.top < 1:
            raise ConfigurationError(f"a ranking has at least 1 entry; found {request.top}")
        weights = self._read(request.transport) if request.units else None
        k, look = request.top, self.opened.look
        return Inspected(
            step=look.step,
            snapshot=look.snapshot,
            trajectories=None if request.lens is None else trace_lenses(self.opened, request.lens),
            neuron=inspect_neuron(weights, request.neuron, k) if weights and request.neuron else None,
            virtual=inspect_virtual(weights, request.virtual, k) if weights and request.virtual else None,
            head=inspect_head(weights, request.head, k, request.back) if weights and request.head else None,
        )

    def _read(self, transport: str) -> OpenedWeights:
        if transport not in self._weights:
            self._weights[transport] = OpenedWeights.of(self.opened, transport)
        return self._weights[transport]


def trace_lenses(
    opened: Opened, wanted: LensRequest, positions: int = TraceSettings().positions
) -> Trajectories:
    """Read a prompt of one's own, or questions of the audit set, through the lenses at every site.

    Raises:
        AuditSetError: there is no such fact or context, or the model cannot take the prompt.
        NotApplicableError: the model can have no lens.
    """
    if wanted.prompt is None:
        asked = questions(opened.inputs, opened.look.outcomes, wanted.fact, wanted.context)
    else:
        asked = (TracedPrompt(wanted.prompt, opened.wording.ids(wanted.prompt)),)
    lens_set = opened.lenses
    with opened.tell("reading through the lenses"):
        settings = TraceSettings(positions=positions)
        return trace(opened.subject, lens_set, asked, opened.wording.word, settings)
