"""What is read of one neuron or attention head of a snapshot: plain figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forewarn.records.notebook import html_table
from forewarn.records.ranking import Circuit, Ranking, pair_of, words_of
from forewarn.records.trajectory import Trajectories
from forewarn.records.unit import Unit, UnitAndBlock


@dataclass(frozen=True, slots=True)
class Fired:
    """Activations at the prompts' last position, over facts."""

    context: str
    """Context of the audit set, or condition of a claim; empty for all of the audit set together."""
    mean: float
    deviation: float
    """Standard deviation over facts; over all prompts where the context is empty."""
    low: float
    high: float
    positive: float
    """Share of prompts with an activation above 0."""
    n: int
    """Prompts."""


@dataclass(frozen=True, slots=True)
class Link:
    """A virtual weight between the unit asked about and another one."""

    kind: Literal["neuron", "head"]
    """What stands at the other end."""
    layer: int
    """Its block."""
    unit: int
    """Its number in the block."""
    part: Literal["gate", "up"]
    """Of the reading neuron: what opens it, or what it passes on; "gate" where it has one factor only."""
    direct: float
    """Through the identity; for a head the norm over its channels."""
    total: float
    """Through the transport; for a head the norm over its channels."""
    spread: float | None
    """Standard deviation over contexts of the total figure; None where the transport cannot tell."""
    strength: float
    """|total| times the standard deviation of the writing neuron's activation over the audit set and what was
    claimed; for a head |total|."""

    @property
    def place(self) -> Unit:
        """The other end."""
        return Unit(self.layer, self.unit)


@dataclass(frozen=True, slots=True)
class Neuron:
    """One neuron."""

    layer: int
    """Its block, from 1."""
    unit: int
    """Its number in the block, from 0."""
    units: int
    """Neurons of the block."""
    gated: bool
    """Whether it has a gate and an up part."""
    through: str
    """Transport of the total views."""
    rankings: tuple[Ranking, ...]
    fired: tuple[Fired, ...]
    """All prompts first, then by context."""
    into: tuple[Link, ...]
    """Strongest neurons that write into it, by `strength`."""
    heads: tuple[Link, ...]
    """Strongest heads that write into it."""
    out: tuple[Link, ...]
    """Strongest neurons that read it."""
    notes: tuple[str, ...]
    """What could not be read, and why."""

    @property
    def place(self) -> Unit:
        """How it is named."""
        return Unit(self.layer, self.unit)

    def __repr__(self) -> str:
        return (
            f"<Neuron {self.place}, through {self.through}: {len(self.rankings)} rankings, "
            f"{len(self.into) + len(self.heads)} writers, {len(self.out)} readers>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: the tokens at both ends of each ranking."""
        rows = [(r.about, r.effect, r.through, words_of(r.top), words_of(r.bottom)) for r in self.rankings]
        return html_table(f"Neuron {self.place}", ("side", "effect", "through", "raises", "lowers"), rows)


@dataclass(frozen=True, slots=True)
class Virtual:
    """The virtual weights between a neuron and all of another block."""

    layer: int
    """Block of the neuron."""
    unit: int
    """The neuron."""
    block: int
    """The other block."""
    forward: bool
    """Whether the neuron writes and the block reads; else the block writes and the neuron reads."""
    through: str
    """Transport of the total figures."""
    links: tuple[Link, ...]
    """Strongest first, by `strength`."""
    considered: int
    """Links that were ranked."""
    agreement: float | None
    """Spearman correlation of direct and total over all of them; None where it is not defined."""
    map_spread: float | None
    """Relative standard deviation of the transport over contexts; None where it cannot tell."""
    scale_spread: float
    """Relative standard deviation of 1/sigma at the reading site over contexts."""
    contexts: int
    """Prompts behind these."""
    notes: tuple[str, ...]
    """What could not be read, and why."""

    @property
    def place(self) -> UnitAndBlock:
        """How it is named."""
        return UnitAndBlock(Unit(self.layer, self.unit), self.block)

    def __repr__(self) -> str:
        return (
            f"<Virtual {self.place}, through {self.through}: the strongest {len(self.links)} of "
            f"{self.considered} links>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: the strongest links."""
        rows = [(f"{x.kind} {x.place}", x.direct, x.total, x.strength) for x in self.links]
        title = f"Virtual weights {self.place}, through {self.through}"
        return html_table(title, ("unit", "direct", "total", "strength"), rows)


@dataclass(frozen=True, slots=True)
class AttentionHead:
    """One attention head."""

    layer: int
    """Its block, from 1."""
    unit: int
    """Its number, from 0."""
    units: int
    """Heads of the block."""
    through: str
    """Transport of the total views."""
    circuits: tuple[Circuit, ...]
    """OV and QK, direct and total."""
    notes: tuple[str, ...]
    """What could not be read, and why."""

    @property
    def place(self) -> Unit:
        """How it is named."""
        return Unit(self.layer, self.unit)

    def __repr__(self) -> str:
        return f"<AttentionHead {self.place}, through {self.through}: {len(self.circuits)} circuits>"

    def _repr_html_(self) -> str:
        """For notebooks: the strongest pair of each circuit."""
        rows = [(c.about, c.effect, c.through, pair_of(c.top), pair_of(c.bottom)) for c in self.circuits]
        columns = ("circuit", "effect", "through", "raised most", "lowered most")
        return html_table(f"Head {self.place}", columns, rows)


@dataclass(frozen=True, slots=True)
class Inspected:
    """All that was asked of one look's snapshot; None stands for what was not asked."""

    step: int
    """Training step of the look."""
    snapshot: str
    """Digest of what was read."""
    trajectories: Trajectories | None
    neuron: Neuron | None
    virtual: Virtual | None
    head: AttentionHead | None

    def __repr__(self) -> str:
        parts = ", ".join(type(part).__name__ for part in self._parts) or "nothing"
        return f"<Inspected step {self.step}, snapshot {self.snapshot[:12]}: {parts}>"

    def _repr_html_(self) -> str:
        """For notebooks: the tables of all that was asked."""
        return "".join(part._repr_html_() for part in self._parts)

    @property
    def _parts(self) -> tuple[Trajectories | Neuron | Virtual | AttentionHead, ...]:
        parts = (self.trajectories, self.neuron, self.virtual, self.head)
        return tuple(part for part in parts if part is not None)
