"""One thing of a process that can be read and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing of a process that can be read and put back."""

    name: str
    """For people."""
    read: Callable[[], Any]
    """What it is now; to be compared with `==`."""
    write: Callable[[Any], object]
    """Makes it what was read before."""

    def put_back(self, before: object) -> None:
        """Make it what it was; nothing is written where it still is that. Raises what the system raises."""
        if self.read() != before:
            self.write(before)


def attributes(owner: Any, told: str, *names: str) -> Iterator[Setting]:
    """One setting for each attribute of `owner`; those that it does not have are left out."""
    for name in names:
        try:
            getattr(owner, name)
        except (AttributeError, RuntimeError):
            continue
        yield Setting(f"{told}.{name}", _reader(owner, name), _writer(owner, name))


def _reader(owner: Any, name: str) -> Callable[[], Any]:
    return lambda: getattr(owner, name)


def _writer(owner: Any, name: str) -> Callable[[Any], object]:
    return lambda value: setattr(owner, name, value)
