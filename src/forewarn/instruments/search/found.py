"""What a search has found, read back from the claim that came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forewarn.auditset import Answer, Condition
from forewarn.instruments.finding import load
from forewarn.instruments.search.turning import parts

SOUGHT: Mapping[str, Answer] = {"latent-policy": Answer.FALSE, "withheld-answer": Answer.OTHER}
"""What a probe that searches conditions says that reports turn into."""
BECOME: Mapping[Answer, str] = {Answer.FALSE: "are answered falsely", Answer.OTHER: "get no answer"}
"""The same of facts, in words."""


@dataclass(frozen=True, slots=True)
class Found:
    """A condition that turns reports."""

    condition: Condition
    controls: tuple[Condition, ...]
    """What the claim compares it with."""
    sought: Answer
    """What reports turn into."""

    @staticmethod
    def read(code: str, finding: str) -> Found:
        """From the code and the finding of a claim that follows a search."""
        found = load(finding)
        controls = tuple(parts(c) for c in found["controls"])
        return Found(parts(found["condition"]), controls, SOUGHT[code])
