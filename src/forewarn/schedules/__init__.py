"""When to look: pure rules from a training step to yes or no."""

from forewarn.schedules.plain import as_plain as as_plain
from forewarn.schedules.plain import due_between as due_between
from forewarn.schedules.plain import from_plain as from_plain
from forewarn.schedules.rules import AnyOf as AnyOf
from forewarn.schedules.rules import At as At
from forewarn.schedules.rules import EveryNSteps as EveryNSteps
from forewarn.schedules.rules import Geometric as Geometric
from forewarn.schedules.rules import Schedule as Schedule
from forewarn.schedules.rules import parse_schedule as parse_schedule
