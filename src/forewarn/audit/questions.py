"""What can be asked of a model: probes at their sites, and follow-ups of what these find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forewarn.helpers import Inquiry
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp, after, followed, own_part


@dataclass(frozen=True, slots=True)
class Questions:
    """A catalogue of probes and follow-ups."""

    probes: tuple[Probe, ...]
    follow_ups: tuple[FollowUp, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Of all outcomes that there can be: each probe's, then those of its follow-ups."""
        return tuple(code for probe in self.probes for code in (probe.code, *self._after(probe.code)))

    def inquiries(self, inputs: ProbeInputs) -> tuple[Inquiry, ...]:
        """Every question with its price, whether it is open or not; follow-ups come after what they follow."""
        return tuple(self._every(inputs))

    def source(self, code: str) -> Probe | FollowUp:
        """What outcomes of this code come from. KeyError where it is not in the catalogue."""
        sources: tuple[Probe | FollowUp, ...] = self.probes if followed(code) is None else self.follow_ups
        found = {source.code: source for source in sources}
        return found[own_part(code)]

    def _every(self, inputs: ProbeInputs) -> Iterator[Inquiry]:
        costs = {f.code: f.cost(inputs) for f in self.follow_ups}
        for probe in self.probes:
            price = probe.cost(inputs)
            for site in probe.sites(inputs.subject.layout):
                yield Inquiry(probe.code, site, price, probe.shared)
                yield from (Inquiry(c, site, costs[own_part(c)]) for c in self._after(probe.code))

    def _after(self, code: str) -> Iterator[str]:
        return (after(code, f.code) for f in self.follow_ups if code in f.follows)
