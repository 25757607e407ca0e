"""What later segments of a run add to its first: alarms, other settings, and what people said of alarms."""

from __future__ import annotations

from collections.abc import Sequence

from forewarn.records import AlarmAcknowledged, AlarmRaised, SettingsChanged
from forewarn.report.words import likely, percent


def alarm_lines(alarms: Sequence[AlarmRaised], acknowledged: Sequence[AlarmAcknowledged]) -> tuple[str, ...]:
    """Every alarm of a run in a line, with what somebody said of it."""
    said = {(each.segment, each.step): each for each in acknowledged}
    return tuple(_alarm(each, said.get((each.segment, each.step))) for each in alarms)


def acknowledged_words(said: AlarmAcknowledged) -> str:
    """Who acknowledged an alarm, and why."""
    called = "called the alarm wrong" if said.wrong else "acknowledged the alarm"
    why = f": {said.why}" if said.why else ", without a reason"
    return f"{said.by} {called} of step {said.step} (segment {said.segment}){why}"


def changed_words(change: SettingsChanged) -> str:
    """Every setting that a restart changed, before and after."""
    return ", ".join(each.words for each in change.changes)


def _alarm(raised: AlarmRaised, said: AlarmAcknowledged | None) -> str:
    alarm = raised.alarm
    told = (
        f"segment {raised.segment}, step {raised.step}: {likely(alarm.probability)}, above "
        f"{percent(alarm.threshold)}"
    )
    return f"{told}; {'not acknowledged' if said is None else acknowledged_words(said)}"
