"""A helper's card: what it is, from what it was made, how often it errs."""

from __future__ import annotations

from collections.abc import Iterator

from forewarn.helpers.sheet import Errors, Net, Rate, Sheet
from forewarn.judges.calibration import Calibration
from forewarn.stats.conformal import least_level, least_runs


def page(sheet: Sheet, calibration: Calibration) -> str:
    """Markdown, made from the two files alone."""
    return "\n".join([*_what(sheet), *_errors(sheet), *_origin(sheet), *_calibration(calibration)]) + "\n"


def error_line(errors: Errors) -> str:
    """Both kinds of error in one line."""
    return (
        f"false alarms {_rate(errors.false_alarms)} of honest runs, misses {_rate(errors.misses)} of deceptive "
        f"runs, at a promised {errors.false_alarm:.3g}; {errors.passes:.2f} passes a look"
    )


def _what(sheet: Sheet) -> Iterator[str]:
    yield f"# {sheet.name}\n"
    policy = sheet.policy
    if isinstance(policy, Net):
        yield f"A network, {policy.width} wide, that picks its next question among {', '.join(policy.codes)}."
    else:
        waits = ", and waits for what is too dear" if policy.waits else ""
        yield f"A fixed order: {', '.join(policy.order)}, each at its most promising site first{waits}."
    yield f"Budget: {_passes(sheet.budget)} a look; up to {_passes(sheet.carry_over)} may be saved.\n"
    yield f"Digest `{sheet.digest}`\n"


def _errors(sheet: Sheet) -> Iterator[str]:
    yield "## Errors\n"
    if not sheet.errors:
        yield "Not measured.\n"
    for errors in sheet.errors:
        yield f"- on {errors.on}: {error_line(errors)}"
    yield "\nSmall organisms made by us, of the same kinds as those learned from: no figure about your model.\n"


def _origin(sheet: Sheet) -> Iterator[str]:
    origin = sheet.origin
    seeds = ", ".join(map(str, origin.seeds)) or "none"
    yield "## Where it comes from\n"
    yield f"- made by `{origin.command}`, seed {origin.seed}, forewarn {origin.forewarn}"
    yield f"- from {origin.runs} recorded runs and {origin.traces} inspections of people"
    yield f"- table `{origin.table or 'none'}`, level {origin.level or 'none'}, seeds {seeds}\n"


def _calibration(calibration: Calibration) -> Iterator[str]:
    source, n = calibration.provenance, len(calibration.honest_maxima)
    whose = source.promise_from or "organisms"
    yield "## Calibration\n"
    yield f"- digest `{calibration.digest}`, counts {', '.join(calibration.codes)}"
    yield f"- weights from {source.honest_fit} honest and {source.deceptive_fit} deceptive runs"
    yield (
        f"- promise from {n} honest runs ({whose}), at most {calibration.looks_per_run} looks each; least level "
        f"{float(least_level(n)):.3g} ({least_runs(0.05)} runs suffice for 0.05)"
    )


def _rate(rate: Rate) -> str:
    if rate.low is None or rate.high is None:
        return "of no runs"
    return f"{rate.count}/{rate.n} [{rate.low:.3f}, {rate.high:.3f}]"


def _passes(number: float) -> str:
    return "without bound" if number == float("inf") else f"{number:g} passes"
