"""Measuring stored evidence again: from the snapshot on disk, with the audit set on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from forewarn.audit.look import Examiner
from forewarn.audit.reopening import StoredRun
from forewarn.errors import ForewarnError, IntegrityError, StoreError
from forewarn.helpers import Exhaustive
from forewarn.probes import Probe, catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.records import Claim, Evidence, LookTaken

TOLERANCE = 1e-9
"""Effects are shares of counted facts: the same weights and prompts give the same ones."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One piece of evidence, then and now."""

    evidence: Evidence
    again: Evidence | None
    """None where it could not be measured."""
    same: bool
    why: str
    """What was found, in a few words."""


def replay(
    run: Path,
    step: int | None,
    factory: Callable[[], nn.Module] | None,
    probes: Sequence[Probe] = (),
) -> tuple[Replayed, ...]:
    """Measure the evidence of a run again: of one look, or of all looks whose snapshot is still stored.

    `factory` builds the decoder, where it is not one of transformers whose configuration the run holds. `probes`
    are those that no installed package brings, such as `probe_at` gives. They come from the caller alone: code is
    never run because a run's folder names it.

    What cannot be measured (a snapshot that retention removed, a model that cannot be rebuilt, a probe that is not
    there) is told one by one.

    Raises:
        StoreError: there is no look at `step`.
        IntegrityError: a stored snapshot was altered.
        ConfigurationError: one of `probes` has the code of another one.
    """
    examiner = Examiner(catalogue(probes), Exhaustive(), follow_ups=follow_ups())
    stored = StoredRun.open(run, factory)
    before = [None, *(look.snapshot for look in stored.looks)][: len(stored.looks)]
    wanted = [pair for pair in zip(stored.looks, before, strict=True) if step in (None, pair[0].step)]
    if not wanted:
        raise StoreError(
            f"{run} holds no look{'' if step is None else f' at step {step}'}; see `forewarn show {run}`."
        )
    return tuple(r for pair in wanted for r in _replayed(stored, examiner, *pair))


def _replayed(
    stored: StoredRun, examiner: Examiner, look: LookTaken, before: str | None
) -> Iterator[Replayed]:
    evidence = [o for o in look.outcomes if isinstance(o, Evidence)]
    if not evidence:
        return
    try:
        inputs = stored.inputs(look.snapshot, before)
    except IntegrityError:
        raise
    except ForewarnError as error:
        yield from (Replayed(e, None, False, str(error)) for e in evidence)
        return
    for each in evidence:
        if each.code not in examiner.questions.codes:
            why = (
                f"{each.code} is not installed here; give its probe by its import path, package.module:Class"
            )
            yield Replayed(each, None, False, why)
            continue
        claim = Claim(each.code, each.site, each.explored, each.finding)
        yield _compared(each, examiner.confirm(claim, inputs, stored.split))


def _compared(then: Evidence, now: object) -> Replayed:
    if not isinstance(now, Evidence):
        return Replayed(then, None, False, f"no evidence this time: {now}")
    same = abs(now.effect - then.effect) <= TOLERANCE and now.n == then.n
    return Replayed(
        then, now, same, "the same" if same else f"effect {now.effect:.3f} instead of {then.effect:.3f}"
    )
