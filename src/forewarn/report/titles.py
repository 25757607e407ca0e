"""What probes are called in a report: the titles of the run's manifest, so that anybody's probe has its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from forewarn.report.manifest import ProbeEntry


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles by code. A code that has none is read as words: "latent-policy" is the latent policy.

    The installed probes are not asked, since that would import torch; the titles of forewarn's own probes are
    their codes in words (a test sees to it).
    """

    by_code: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, probes: Iterable[ProbeEntry]) -> Titles:
        """Those that a manifest holds."""
        return cls({probe.code: probe.title for probe in probes if probe.title})

    def title(self, code: str) -> str:
        """The question without its code: "latent policy", and "composure" for "latent-policy/composure"."""
        last = code.rpartition("/")[2]
        return self.by_code.get(code) or self.by_code.get(last) or _in_words(last)

    def name(self, code: str) -> str:
        """The code, as it is typed in commands, behind the title where that says more than the code."""
        last = code.rpartition("/")[2]
        title = self.title(code)
        return code if title == _in_words(last) else f"{title} ({code})"


UNTITLED: Final = Titles()
"""For answers that come without a manifest."""


def _in_words(slug: str) -> str:
    return slug.replace("-", " ")
