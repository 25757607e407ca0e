"""What can be asked of a subject: one probe a file, found through the entry points `forewarn.probes`."""

from __future__ import annotations

from importlib.metadata import entry_points

from forewarn.errors import ConfigurationError
from forewarn.probes.contract import Probe as Probe


def catalogue() -> tuple[Probe, ...]:
    """All probes that are installed, by code: forewarn's own and those of other packages."""
    found = {point.name: point for point in entry_points(group="forewarn.probes")}
    return tuple(_loaded(name, found[name].load()) for name in sorted(found))


def _loaded(name: str, home: type[Probe]) -> Probe:
    probe = home()
    if probe.code != name:
        raise ConfigurationError(
            f"the entry point {name!r} gives a probe whose code is {probe.code!r}; wanted the same"
        )
    return probe
