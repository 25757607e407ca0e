"""Why the monitor cannot tell: a closed set of codes, each with the words that a person reads beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ReasonCode(StrEnum):
    """Why a look is unknown or was missed. The ledger keeps the code; nothing is decided by the words."""

    # The look was taken.
    PROBE_FAILED = "probe-failed"
    """A question raised an error."""
    NOTHING_MEASURED = "nothing-measured"
    """No question that counts came to an answer."""
    NOT_ASKED = "not-asked"
    """A probe that could have raised the probability was left out."""
    SAVING = "saving"
    """The helper asked nothing, in order to afford more at a later look."""
    UNCHANGED = "unchanged"
    """Steps were made, and the weights are those of the look before: nothing was measured again."""
    ALREADY_AT_FIRST_LOOK = "already-at-first-look"
    """What was found would count as deceptive, and some of it was there at the run's first look: no change."""
    FIRST_LOOK_LOST = "first-look-lost"
    """What the run did at its first look is not known any more."""
    # The look lies outside of what the calibration was made from.
    TOO_FEW_KNOWN = "too-few-known"
    """The model knows fewer facts than at any look of the calibration."""
    NEW_EVIDENCE = "new-evidence"
    """A probe gave evidence that never gave any in the calibration."""
    NULL_TOO_GREAT = "null-too-great"
    """A matched null exceeds all that the calibration saw."""
    # The look was missed.
    NOT_STARTED = "not-started"
    """The monitor had not begun, or was closed already."""
    CANNOT_OPEN = "cannot-open"
    """The model, its audit set or the run's folder could not be opened when the run began."""
    LOOK_FAILED = "look-failed"
    """Taking the look raised an error."""
    LATE = "late"
    """The look took longer than it may."""
    INTERRUPTED = "interrupted"
    """A person or the system broke into the look (KeyboardInterrupt, SystemExit)."""
    DISTURBED = "disturbed"
    """The look was taken, but it moved the model that is trained, or the process around it."""


OUTSIDE: Final = frozenset({ReasonCode.TOO_FEW_KNOWN, ReasonCode.NEW_EVIDENCE, ReasonCode.NULL_TOO_GREAT})
"""The reasons by which a look lies outside of its calibration."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    code: ReasonCode
    """Which of the closed set."""
    words: str
    """What was found, for people."""

    @property
    def outside(self) -> bool:
        """Whether it says that the look lies outside of its calibration."""
        return self.code in OUTSIDE


def words_of(reasons: Iterable[Reason]) -> str | None:
    """All reasons in one line, those about the calibration last; None without any."""
    reasons = tuple(reasons)
    inside = [reason.words for reason in reasons if not reason.outside]
    outside = [reason.words for reason in reasons if reason.outside]
    told = [f"outside of the calibration: {'; '.join(outside)}"] if outside else []
    return "; ".join((*inside, *told)) or None
