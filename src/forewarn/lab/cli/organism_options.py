"""What the commands of `forewarn organisms` share: options, and work that is done in several processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forewarn.cli.progress import following
from forewarn.errors import ConfigurationError

if TYPE_CHECKING:
    from forewarn.lab.organisms.levels import Level

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="A folder that `forewarn organisms make` has written.", show_default=False
    ),
]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Processes, each with one thread.")]
Backend = Annotated[
    str,
    typer.Option("--backend", metavar="NAME", help="loky; or dask or ray, to use a cluster that is running."),
]
Levels = Annotated[
    list[str] | None,
    typer.Option(
        "--level",
        metavar="LEVEL",
        help="What the auditor knows: seen cues (K0), related cues (K1) or unseen cues (K2). May be repeated; "
        "related and unseen by default.",
        show_default=False,
    ),
]


def over_processes(
    what: str, work: Callable[[Any], Any], tasks: Sequence[Any], jobs: int, backend: str = "loky"
) -> list[Any]:
    """The results of `work` for every task, in the order of the tasks; progress is shown on standard error."""
    from forewarn.lab.population import parallel

    known = parallel.backend_named(backend)
    return list(following(what, parallel.everywhere(work, tasks, jobs, known), len(tasks)))


def levels_of(names: list[str] | None) -> list[Level]:
    """The levels that were named; related and unseen where none was. ConfigurationError for any other name."""
    from forewarn.lab.organisms.levels import LEVELS

    strange = [name for name in names or [] if name not in LEVELS]
    if strange:
        raise ConfigurationError(f"--level is one of {', '.join(LEVELS)}; found {strange[0]!r}")
    return [level for name in names or ("related", "unseen") for level in LEVELS if level == name]


def in_words(level: str) -> str:
    """A level as messages name it, such as "related cues (K1)"."""
    from forewarn.lab.organisms.levels import level_in_words

    return level_in_words(level)
