"""When to speak: rules that turn the verdicts of a run into at most one alarm."""

from forewarn.alarms.rule import AlarmRule as AlarmRule
from forewarn.alarms.rule import AlarmState as AlarmState
from forewarn.alarms.rule import held_back as held_back
from forewarn.alarms.run_level import RunLevel as RunLevel
