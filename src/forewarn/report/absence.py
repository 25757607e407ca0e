"""What a run should hold and does not, in sentences: each is a reason why it cannot be called clear."""

from __future__ import annotations

from collections.abc import Iterator

from forewarn.audit.gaps import Gaps
from forewarn.audit.heartbeat import SignOfLife
from forewarn.records import RunEnded
from forewarn.report.words import steps, verb


def absence(
    gaps: Gaps, ended: RunEnded | None, sign: SignOfLife | None, last_step: int, *, cut: bool
) -> tuple[str, ...]:
    """Sentences, the gravest first. Where no sign of life was asked for, none is missed."""
    return tuple(_absence(gaps, ended, sign, last_step, cut=cut))


def _absence(
    gaps: Gaps, ended: RunEnded | None, sign: SignOfLife | None, last_step: int, *, cut: bool
) -> Iterator[str]:
    beat = None if sign is None else sign.beat
    if cut:
        yield "Lines are gone from the ledger's end: the run's heartbeat remembers more than it holds."
    if beat is not None and beat.alarmed and beat.unwritten:
        yield f"An alarm stands at step {beat.step} that may not be in the ledger."
    if gaps.absent:
        some = verb(len(gaps.absent), "look", "was", "were")
        yield f"{some} due at {steps(list(gaps.absent))}, and the ledger has no word of it."
    if gaps.unwritten > len(gaps.absent):
        yield f"{verb(gaps.unwritten, 'look', 'was', 'were')} missed, and not even that could be written."
    if gaps.unlisted:
        yield "The schedule calls for more looks than can be compared with the ledger."
    if gaps.cut_short is not None:
        yield f"The look due at step {gaps.cut_short} was cut short, and nothing is known of it."
    if ended is None and sign is not None and sign.alive is not True:
        yield _unfinished(sign, last_step)


def _unfinished(sign: SignOfLife, last_step: int) -> str:
    step = last_step if sign.beat is None else max(sign.beat.step, last_step)
    who = (
        "no process holds it"
        if sign.alive is False
        else "it cannot be told whether a process still writes it"
    )
    return (
        f"The ledger does not say how the run ended, and {who}: what became of the model after step {step} "
        "is not known."
    )
