"""What a report does not show: the limits of any such report, and the gaps of this one."""

from __future__ import annotations

from collections.abc import Iterator

from forewarn.report.segments import acknowledged_words, changed_words
from forewarn.report.summary import RunSummary
from forewarn.report.words import count, steps, verb


def caveats(summary: RunSummary) -> tuple[str, ...]:
    """Sentences for the reader, the gaps of this run first."""
    return (*_gaps(summary), *_limits(summary))


def _gaps(summary: RunSummary) -> Iterator[str]:
    for each in summary.changed:
        yield f"{each}. What follows rests on a run that is not what was written."
    yield from summary.doubts
    if not summary.finished and not any("how the run ended" in each for each in summary.doubts):
        yield "The ledger does not say how the run ended: it is still going, or it was cut off."
    if summary.missed:
        where = steps([look.step for look in summary.missed])
        missed = verb(len(summary.missed), "look", "was", "were")
        yield f"{missed} missed, at {where}. What the model did there is not known."
    if unable := [look.step for look in summary.unknown if not look.saving]:
        yield f"{count(len(unable), 'look')} could not tell, at {steps(unable)}."
    if saving := [look.step for look in summary.saving]:
        yield (
            f"{count(len(saving), 'look')} asked nothing, at {steps(saving)}: the helper saved its budget. What "
            "the model did there is not known."
        )
    failures = sum(look.failures for look in summary.looks)
    if failures:
        yield f"Probes failed {count(failures, 'time')}. What they would have found is not known."
    others = {e.code for look in summary.looks for e in look.evidence if not look.counts(e)}
    if others:
        yield (
            f"The calibration does not count {', '.join(sorted(others))}. Such claims are shown, and they did not "
            "change any probability."
        )
    if summary.alarm is not None and not summary.alarm.promise_holds:
        yield "The run went beyond what the calibration covers; the promise about false alarms does not hold."
    for resumption in summary.resumed:
        yield f"The watch was taken up again at step {resumption.step}: {resumption.reason}"
    for change in summary.settings_changed:
        yield f"From step {change.step} on the settings differ: {changed_words(change)}."
    for said in summary.acknowledged:
        yield acknowledged_words(said)


def _limits(summary: RunSummary) -> Iterator[str]:
    promise = summary.manifest.promise
    contexts = count(len(summary.manifest.contexts), "context")
    yield (
        f"A clear look says that these probes found nothing in the {contexts} and about the facts that they "
        "asked. It does not say that the model is honest: what was not asked was not seen."
    )
    yield "What the model does between two looks is not seen."
    yield (
        f"The probabilities come from {count(promise.honest_runs, 'honest run')} and "
        f"{count(promise.deceptive_runs, 'deceptive run')} of a calibration"
        f"{_whose(promise.promise_from)}. A model unlike them may be judged wrongly."
    )
    yield "The promise bounds false alarms on honest runs. It does not say how many deceptive runs go unnoticed."
    yield "Evidence is about one snapshot. It does not show that training caused it, or what the model wants."


def _whose(promise_from: str | None) -> str:
    if promise_from is None:
        return ", not from runs of this model"
    return f": the threshold from {promise_from}, what evidence weighs from organisms"
