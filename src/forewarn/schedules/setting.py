"""From a user's setting to a schedule."""

from __future__ import annotations

from forewarn.errors import ConfigurationError
from forewarn.schedules.rules import EveryNSteps
from forewarn.schedules.schedule import Schedule


def parse_schedule(every_n_steps: int | Schedule) -> Schedule:
    """A schedule as it is, or a whole number of steps from one look to the next.

    Raises ConfigurationError for anything else.
    """
    if isinstance(every_n_steps, int) and not isinstance(every_n_steps, bool) and every_n_steps >= 1:
        return EveryNSteps(every_n_steps)
    if isinstance(every_n_steps, Schedule) and not isinstance(every_n_steps, type):
        return every_n_steps
    raise ConfigurationError(
        f"every_n_steps must be a whole number of at least 1, or a Schedule; found {every_n_steps!r}. "
        "For looks at other times pass forewarn.schedules.Geometric, At or AnyOf."
    )
