"""Outcomes in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from forewarn.records import Alarm, Evidence, Failed, Interval, NotApplicable, Nothing, Outcome, Site
from forewarn.report.looks import LookSummary, State
from forewarn.report.manifest import AlarmPromise
from forewarn.report.words import count, ends, figure, likely, percent, sentence, steps, verb

_TOKENS: Final[Mapping[str, str]] = {
    "answer": "the prompt's last token",
    "entity": "the entity's last token",
    "context": "the context's last token",
}


def stream_place(site: str) -> str:
    """Name a place of the residual stream without a token: "3a" is "resid3a", between attention and MLP."""
    return f"resid{site}"


def place_words(site: Site) -> str:
    """Name a place as everywhere and say what it is: "resid3@answer (the residual stream after block 3, …)"."""
    return f"{site} ({site_words(site)})"


def site_words(site: Site) -> str:
    """Say what a place is: "the residual stream after block 3, at the prompt's last token"."""
    after = "the embedding" if site.layer == 0 else f"block {site.layer}"
    places = {
        "resid": f"the residual stream after {after}",
        "attn": f"the attention of {after}",
        "mlp": f"the MLP of {after}",
        "weight": f"the weights of {after}",
        "context": "the tokens of the context",
    }
    place = places.get(site.component, f"{site.component} of {after}")
    if site.component in ("weight", "context"):
        return place
    return f"{place}, at {_TOKENS.get(site.token, site.token)}"


def interval_words(interval: Interval) -> str:
    """Write an interval: "95 % interval 0.51 to 0.73"."""
    return f"{percent(interval.level)} interval {figure(interval.low)} to {figure(interval.high)}"


def probability_words(look: LookSummary) -> str:
    """Write a look's probability: "97 % (95 % interval 91 % to 99 %)", or that there is none."""
    if look.probability is None or look.interval is None:
        return "no verdict"
    interval = ends(look.interval.low, look.interval.high)
    return f"{likely(look.probability)} ({percent(look.interval.level)} interval {interval})"


def evidence_words(evidence: Evidence) -> str:
    """Say what was measured, against what, on how many facts, and where."""
    measured, null = figure(evidence.effect + evidence.null), figure(evidence.null)
    return (
        f"Effect {figure(evidence.effect)} {evidence.unit} ({interval_words(evidence.interval)}): "
        f"measured {measured} against {null} under the matched null, "
        f"on {count(evidence.n, 'fact')} that the search had not seen, at {place_words(evidence.site)}."
        + ("" if evidence.beyond_chance else " No more than chance: the interval does not lie above 0.")
    )


def found_words(evidence: Sequence[Evidence]) -> str:
    """How much was found at a look: "2 confirmed, 1 no more than chance"."""
    confirmed = sum(each.beyond_chance for each in evidence)
    parts = {"confirmed": confirmed, "no more than chance": len(evidence) - confirmed}
    return ", ".join(f"{n} {word}" for word, n in parts.items() if n) or "nothing"


def outcome_words(outcome: Outcome) -> str:
    """Say what came of one question, the empty and failed ones too."""
    match outcome:
        case Evidence():
            return f"{sentence(outcome.claim)} {evidence_words(outcome)}"
        case Nothing():
            where = "" if outcome.n is None else f" on {count(outcome.n, 'fact')}"
            return f"Found nothing{where}: {outcome.reason}"
        case NotApplicable():
            return f"Does not apply here: {outcome.reason}"
        case Failed():
            return f"Failed, and told nothing: {outcome.error}"
        case _:
            assert_never(outcome)


def outcome_kind(outcome: Outcome) -> str:
    """Name the kind of an outcome in one or two words."""
    match outcome:
        case Evidence():
            return "evidence" if outcome.beyond_chance else "no more than chance"
        case Nothing():
            return "nothing found"
        case NotApplicable():
            return "not applicable"
        case Failed():
            return "failed"
        case _:
            assert_never(outcome)


def weights_words(look: LookSummary) -> str:
    """Say which weights were looked at, "weights: averaged"; empty for the model's own."""
    return f"weights: {look.weights}" if look.weights else ""


def look_words(look: LookSummary) -> str:
    """Say what came of a look, in one line; and of which weights, if not of the model's own."""
    told = weights_words(look)
    return f"{_came_of(look)}; {told}" if told else _came_of(look)


def _came_of(look: LookSummary) -> str:
    match look.state:
        case State.MISSED:
            return f"step {look.step}: missed ({look.reason})"
        case State.UNKNOWN:
            return (
                f"step {look.step}: unknown, {probability_words(look)} ({look.reason or 'no reason given'})"
            )
        case State.FLAGGED | State.CLEAR:
            return f"step {look.step}: {look.state.value}, {probability_words(look)}"
        case _:
            assert_never(look.state)


def promise_words(promise: AlarmPromise, alarm: Alarm | None) -> str:
    """Say what the alarm promises over a whole run, and whether the promise covers this run."""
    if promise.threshold is None:
        return "The calibration sets no threshold, so this run could not raise an alarm."
    words = (
        f"Over a whole honest run, all its looks together, the chance of any alarm is at most "
        f"{percent(promise.false_alarm)}. This rests on {count(promise.honest_runs, 'honest run')} of the "
        f"calibration and holds for runs that are like them. A look raises the alarm when its probability "
        f"exceeds {percent(promise.threshold)}."
    )
    if promise.looks_per_run is not None:
        words += f" The honest runs had {count(promise.looks_per_run, 'look')} each; it covers no more."
    if alarm is not None and not alarm.promise_holds:
        return (
            f"{words} This run went beyond what the calibration covers, so the promise does not hold for it."
        )
    return words


def reach_words(looks: Sequence[LookSummary]) -> str:
    """Say whether the run lies within what the calibration was made from."""
    taken = [look for look in looks if look.state is not State.MISSED]
    if not taken:
        return "No look was taken. So nothing says whether this run is like the runs of the calibration."
    if outside := [look.step for look in taken if look.outside]:
        return (
            f"{verb(len(outside), 'look', 'lies', 'lie')} outside of what the calibration was made from, at "
            f"{steps(outside)} (of {len(taken)}). Nothing can be concluded there, whatever was found."
        )
    return "No look lies outside of what the calibration was made from."
