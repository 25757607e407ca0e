"""What can be asked of a subject: one probe a file, found through the entry points `forewarn.probes`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from forewarn.errors import ConfigurationError
from forewarn.probes.contract import Probe as Probe
from forewarn.probes.loading import installed
from forewarn.probes.loading import path_of as path_of
from forewarn.probes.loading import probe_at as probe_at

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


def catalogue(more: Sequence[Probe] = ()) -> tuple[Probe, ...]:
    """All probes that are installed, forewarn's own in `ORDER`; then `more`, such as `probe_at` gives.

    A probe of `more` that is installed too stands once. ConfigurationError where two different ones share a code.
    """
    every: dict[str, Probe] = {probe.code: probe for probe in installed("forewarn.probes", Probe, ORDER)}  # type: ignore[type-abstract]
    for probe in more:
        if type(every.setdefault(probe.code, probe)) is not type(probe):
            raise ConfigurationError(
                f"two probes have the code {probe.code!r}: {path_of(every[probe.code])} and {path_of(probe)}. "
                "Give yours a code of its own."
            )
    return tuple(every.values())
