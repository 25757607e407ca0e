"""Options of `forewarn helper`, and what its commands read."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from forewarn.errors import ConfigurationError

T = TypeVar("T")

Table = Annotated[
    Path | None,
    typer.Option("--table", metavar="FILE", help="A recorded table; the shipped one by default."),
]
Level = Annotated[
    str | None,
    typer.Option(
        "--level",
        metavar="LEVEL",
        help="What the auditor knows: seen, related (the default) or unseen cues.",
        show_default=False,
    ),
]
Budget = Annotated[float, typer.Option(help="Forward passes over the audit set that each look adds.")]
CarryOver = Annotated[float, typer.Option(help="Most passes that may be saved for later looks.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides all that is drawn.")]
Name = Annotated[str | None, typer.Option(help="Of the helper; the folder's by default.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The helper's folder.", show_default=False)]
HelperFolder = Annotated[
    Path | None,
    typer.Option("--helper", metavar="DIR", help="A helper's folder; the shipped one by default."),
]


def one_thread() -> None:
    """Before numpy is there: many small steps, for which more threads only wait; and the same bits again."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    import torch

    torch.set_num_threads(1)


def dataset(table: Path | None, level: str | None) -> Any:
    """The runs to learn from and to be measured on. StoreError where the table cannot be read."""
    from forewarn.lab.evaluation import shipped

    recorded = shipped.load(table)
    digest = sha256((table or shipped.SHIPPED).read_bytes()).hexdigest()
    from forewarn.lab.training.dataset import RunDataset

    return RunDataset.of(recorded, digest, level)


def helper_at(folder: Path | None) -> Any:
    """A stored helper; the shipped one for None."""
    from forewarn.helpers import stored

    return stored.shipped() if folder is None else stored.load(folder)


def device_of(name: str) -> str:
    """ConfigurationError for a device that is not there."""
    if name not in ("cpu", "cuda"):
        raise ConfigurationError(f"--device is cpu or cuda; found {name!r}")
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError("--device cuda: torch sees no GPU here; leave it out to train on the CPU")
    return name


def typed(*words: object) -> str:
    """A command as a person would type it again."""
    return shlex.join(["forewarn", "helper", *map(str, words)])


def watched(what: str, done: Iterable[T], total: int, tell: Callable[[T], str]) -> Iterator[T]:
    """Pass on what is done, behind a bar with its figures; a line for each in what is no terminal."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        for i, each in enumerate(done, 1):
            sys.stderr.write(f"forewarn: {what} {i}/{total}: {tell(each)}\n")
            sys.stderr.flush()
            yield each
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as shown:
        task = shown.add_task(what, total=total)
        for each in done:
            shown.update(task, advance=1, description=f"{what}: {tell(each)}")
            yield each
