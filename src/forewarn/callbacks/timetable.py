"""At which of the steps that a loop tells a look is due."""

from __future__ import annotations

from typing import final

from forewarn.schedules import Schedule, parse_schedule


@final
class Timetable:
    """Mutable: asks a schedule about every step once, also about steps that were never told."""

    def __init__(self, every_n_steps: int | Schedule, begun: int = 0) -> None:
        self.schedule = parse_schedule(every_n_steps)
        self._asked = begun

    def due(self, step: int) -> bool:
        """Whether a look is due at this step, or was at one that was never asked about."""
        since, self._asked = self._asked, max(step, self._asked)
        return any(self.schedule.due(s) for s in range(since + 1, step + 1))

    def passed(self, step: int) -> None:
        """Leave out the steps up to this one."""
        self._asked = max(step, self._asked)
