"""What can be asked of a subject: one probe a file, found through the entry points `forewarn.probes`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final

from forewarn.errors import ConfigurationError
from forewarn.probes.contract import Probe as Probe

ORDER: Final = (
    "knowledge-gap",
    "observer",
    "latent-policy",
    "truth-suppression",
    "kept-context",
    "suppression-path",
    "weight-change",
    "input-attribution",
    "withheld-answer",
)
"""In which forewarn's own are asked where nobody says otherwise; recorded tables and helpers keep it."""


def catalogue() -> tuple[Probe, ...]:
    """All probes that are installed: forewarn's own in `ORDER`, then those of other packages by name."""
    found = {point.name: point for point in entry_points(group="forewarn.probes")}
    own = [name for name in ORDER if name in found]
    return tuple(_loaded(name, found[name].load()) for name in (*own, *sorted(found.keys() - set(own))))


def _loaded(name: str, home: type[Probe]) -> Probe:
    probe = home()
    if probe.code != name:
        raise ConfigurationError(
            f"the entry point {name!r} gives a probe whose code is {probe.code!r}; wanted the same"
        )
    return probe
