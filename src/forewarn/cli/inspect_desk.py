"""What one inspection works on: an opened snapshot, and the person's record of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forewarn.inspect.request import Request


@dataclass
class Desk:
    """Mutable: one opened snapshot, what was computed of it, and the person's record."""

    inspector: Any
    """`forewarn.inspect.inspector.Inspector`."""
    who: str | None = None
    """Whose record it is; by default the login name."""
    base: Request = field(default_factory=Request)
    """Transport and sizes of all views."""
    failed: bool = False
    """Whether any question to a probe failed."""

    @property
    def opened(self) -> Any:
        """`forewarn.inspect.opened.Opened`."""
        return self.inspector.opened

    @cached_property
    def session(self) -> Any:
        """The record; begun with the first question that needs it, since it asks what the model knows."""
        from forewarn.inspect.session import Session

        return Session.of(self.opened, self.who)

    @property
    def asked(self) -> bool:
        """Whether anything was asked that is recorded."""
        return "session" in self.__dict__
