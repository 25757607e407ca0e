"""What lenses read along the layers, as plain figures: for pictures that need no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from forewarn.records.notebook import html_table

Lens = Literal["tuned", "logit", "retrodiction"]
"""`tuned`: the output token, by the fitted lens. `logit`: by the model's own readout alone. `retrodiction`: the
input token that the state still tells of."""

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class LensReading:
    """What one lens reads at each site (first index) and position (second): likeliest tokens, likeliest first."""

    lens: Lens
    """Which lens."""
    tokens: tuple[tuple[tuple[int, ...], ...], ...]
    """Token ids."""
    probabilities: tuple[tuple[tuple[float, ...], ...], ...]
    """Their probabilities, in the same order."""

    def __post_init__(self) -> None:
        if _shape(self.tokens) != _shape(self.probabilities):
            raise ValueError(f"a {self.lens} reading has tokens and probabilities of different shapes")


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One prompt, site by site."""

    title: str
    """What was asked, in words."""
    fact: str
    """Key of the fact; empty for a prompt of somebody's own."""
    context: str
    """Name of the audit set's context, or the condition in words."""
    claim: str
    """Code of the probe whose claim is about this condition; empty for none."""
    first: int
    """Position of the first token shown; what stood before is left out."""
    ids: tuple[int, ...]
    """The prompt's tokens from there on."""
    readings: tuple[LensReading, ...]
    """One for each lens."""
    truth: tuple[float, ...] | None
    """At the prompt's last position, the tuned lens's probability of the true answer's first token, by site; None
    where no answer is known."""
    falsehood: tuple[float, ...] | None
    """The same of the first tokens of all false answers, together."""

    def __repr__(self) -> str:
        return f"<Trajectory {self.title!r}: {len(self.ids)} tokens, lenses {_names(self.readings)}>"

    def reading(self, lens: Lens) -> LensReading | None:
        """That of one lens; None where it was not taken."""
        return next((reading for reading in self.readings if reading.lens == lens), None)


@dataclass(frozen=True, slots=True)
class Trajectories:
    """All that was traced at one look."""

    format: int
    """1."""
    snapshot: str
    """Digest of the snapshot that was read."""
    sites: tuple[str, ...]
    """Names of the sites, in the stream's order."""
    tuned_kl: tuple[float, ...]
    """The tuned lens's mean KL from the model's output on held-out tokens, in nats, by site."""
    identity_kl: tuple[float, ...]
    """The same of the logit lens."""
    words: Mapping[str, str]
    """Token id, as text, to what it stands for, as far as known."""
    trajectories: tuple[Trajectory, ...]
    """One for each prompt."""

    def __post_init__(self) -> None:
        wanted = len(self.sites)
        if self.format != FORMAT:
            raise ValueError(f"trajectories of format {FORMAT} can be read; found {self.format}")
        if {len(self.tuned_kl), len(self.identity_kl)} != {wanted}:
            raise ValueError(f"there are {wanted} sites, but not as many figures of quality")
        for each in self.trajectories:
            _check(each, wanted)

    def __repr__(self) -> str:
        return (
            f"<Trajectories of snapshot {self.snapshot[:12]}: {len(self.trajectories)} prompts at "
            f"{len(self.sites)} sites>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: p(true) and p(false) at the last site, prompt by prompt."""
        rows = [(each.title, _last(each.truth), _last(each.falsehood)) for each in self.trajectories]
        title = f"Lens trajectories at {len(self.sites)} sites; the last site"
        return html_table(title, ("prompt", "p(true)", "p(false)"), rows)

    def word(self, token: int) -> str:
        """What a token stands for, or its number."""
        return self.words.get(str(token), f"#{token}")


def _names(readings: tuple[LensReading, ...]) -> str:
    return ", ".join(reading.lens for reading in readings) or "none"


def _last(curve: tuple[float, ...] | None) -> str:
    return "not known" if not curve else f"{curve[-1]:.3f}"


def _check(trajectory: Trajectory, sites: int) -> None:
    shapes = {(len(r.tokens), *{len(row) for row in r.tokens}) for r in trajectory.readings}
    curves = {len(curve) for curve in (trajectory.truth, trajectory.falsehood) if curve is not None}
    if shapes - {(sites, len(trajectory.ids))} or curves - {sites}:
        raise ValueError(
            f"{trajectory.title!r} wants {sites} sites by {len(trajectory.ids)} tokens; found {sorted(shapes)}"
        )


def _shape(cells: tuple[tuple[tuple[object, ...], ...], ...]) -> list[list[int]]:
    return [[len(cell) for cell in row] for row in cells]
