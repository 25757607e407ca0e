"""Finding probes and follow-ups: among what is installed, or by an import path."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from forewarn.errors import ConfigurationError
from forewarn.probes.contract import Probe

T = TypeVar("T")


def installed(group: str, kind: type[T], order: Sequence[str]) -> tuple[T, ...]:
    """What the entry points of a group name: forewarn's own in `order`, then those of other packages by name.

    ConfigurationError where an entry point gives something else than it says.
    """
    found = {point.name: point for point in entry_points(group=group)}
    own = [name for name in order if name in found]
    return tuple(_named(name, found[name].load(), kind) for name in (*own, *sorted(found.keys() - set(own))))


def probe_at(path: str) -> Probe:
    """The probe of an import path, such as "mine.flattery:Flattery": for a probe that no entry point names.

    The module is looked for where Python looks, and in the working directory too. ConfigurationError says what was
    found where the path leads to no probe.
    """
    module, _, name = path.partition(":")
    if not (module and name.isidentifier()):
        raise ConfigurationError(f"a probe is named package.module:Class; found {path!r}")
    found = getattr(_imported(module, path), name, None)
    if found is None:
        raise ConfigurationError(f"{module} has no {name}; name a class of that module, package.module:Class")
    return _made(found, path)


def path_of(probe: Probe) -> str:
    """The import path that `probe_at` takes, for a probe whose class stands at the top of a module."""
    return f"{type(probe).__module__}:{type(probe).__qualname__}"


def _imported(module: str, path: str) -> ModuleType:
    try:
        with _working_directory():
            return importlib.import_module(module)
    except Exception as error:
        raise ConfigurationError(
            f"the module of {path!r} cannot be imported: {type(error).__name__}: {error}. Run where Python finds "
            "it, or install its package."
        ) from error


@contextmanager
def _working_directory() -> Iterator[None]:
    """The working directory is searched last meanwhile: a console script does not search it by itself."""
    here = str(Path.cwd())
    if here in sys.path:
        yield
        return
    sys.path.append(here)
    try:
        yield
    finally:
        sys.path.remove(here)


def _made(found: object, path: str) -> Probe:
    if not (isinstance(found, type) and issubclass(found, Probe)):
        raise ConfigurationError(
            f"{path} is no probe: a class derived from forewarn.probes.Probe is wanted; found {found!r:.80}"
        )
    try:
        return found()
    except TypeError as error:
        raise ConfigurationError(
            f"{path} cannot be made without arguments ({error}); give every one a default, and every method a body"
        ) from error


def _named(name: str, home: type[T], kind: type[T]) -> T:
    made, code = home(), getattr(home, "code", None)
    if not isinstance(made, kind) or code != name:
        raise ConfigurationError(
            f"the entry point {name!r} gives a {type(made).__name__} whose code is {code!r}; wanted a "
            f"{kind.__name__} with the same code"
        )
    return made
