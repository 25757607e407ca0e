"""From a request to plain records."""

from __future__ import annotations

from forewarn.errors import ConfigurationError
from forewarn.inspect.bench import Bench
from forewarn.inspect.head import head
from forewarn.inspect.lens import trajectories
from forewarn.inspect.neuron import neuron
from forewarn.inspect.opened import Opened
from forewarn.inspect.request import Request
from forewarn.inspect.virtual import virtual
from forewarn.records import Inspected, Trajectories


def answer(opened: Opened, request: Request) -> Inspected:
    """Look into an opened snapshot.

    Raises:
        ConfigurationError: no such block, neuron, head or transport; says the range.
        AuditSetError: no such fact or context, or a prompt that the model cannot take.
        NotApplicableError: the model has nothing that could be read so; says what was found.
    """
    if request.top < 1:
        raise ConfigurationError(f"a ranking has at least 1 entry; found {request.top}")
    units = request.neuron or request.virtual or request.head
    bench = Bench.of(opened, request.transport) if units else None
    k, look = request.top, opened.look
    return Inspected(
        step=look.step,
        snapshot=look.snapshot,
        trajectories=_trajectories(opened, request),
        neuron=neuron(bench, *request.neuron, k) if bench and request.neuron else None,
        virtual=virtual(bench, *request.virtual, k) if bench and request.virtual else None,
        head=head(bench, *request.head, k, request.back) if bench and request.head else None,
    )


def _trajectories(opened: Opened, request: Request) -> Trajectories | None:
    asked = request.lens
    return None if asked is None else trajectories(opened, asked.fact, asked.context, asked.prompt)
