"""What the laboratory's commands need installed besides forewarn, asked before they begin."""

from __future__ import annotations

from importlib.util import find_spec

from forewarn.errors import ConfigurationError


def require(command: str, *packages: str) -> None:
    """Refuse a command whose packages are not installed. ConfigurationError says which, and how to install them.

    `packages` are named as Python imports them. Nothing is imported here.
    """
    absent = [package for package in packages if find_spec(package) is None]
    if absent:
        verb = "is" if len(absent) == 1 else "are"
        raise ConfigurationError(
            f"`forewarn {command}` needs {' and '.join(absent)}, which {verb} not installed; "
            "run `pip install 'forewarn[lab]'`."
        )
