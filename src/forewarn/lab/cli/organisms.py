"""`forewarn organisms`: make runs whose truth is known, look at them, and what is learned from them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from forewarn.cli.options import AsJson
from forewarn.cli.progress import following
from forewarn.cli.result import Code, Result, printing, said
from forewarn.cli.tables import Records
from forewarn.errors import ConfigurationError
from forewarn.lab.cli.organism_calibration import calibrate, score
from forewarn.lab.cli.organism_tables import composition, group_rows

if TYPE_CHECKING:
    from forewarn.lab.organisms.levels import Level

app = typer.Typer(help="Make runs whose truth is known, and look at them.", no_args_is_help=True)

_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What `make` has written.", show_default=False)]
_Out = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", help="One folder a matched group; what is there is not made again."),
]
_Mechanisms = Annotated[
    list[str] | None,
    typer.Option("--mechanism", metavar="NAME", help="May be repeated; all by default.", show_default=False),
]
_Seeds = Annotated[int, typer.Option("--seeds", min=1, help="Matched groups of each mechanism.")]
_FirstSeeds = Annotated[
    int | None,
    typer.Option(
        "--seeds", min=1, help="Only matched groups of the first so many seeds.", show_default=False
    ),
]
_First = Annotated[
    int, typer.Option("--first-seed", min=0, help="Seed of the first matched group of each mechanism.")
]
_BaseLooks = Annotated[int, typer.Option("--base-looks", min=1, help="Snapshots before the change.")]
_Looks = Annotated[int, typer.Option("--looks", min=1, help="Snapshots of each run after it.")]
_Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Processes, of one thread each.")]
_Backend = Annotated[
    str,
    typer.Option("--backend", metavar="NAME", help="loky, or dask or ray to use a cluster that is there."),
]
_Levels = Annotated[
    list[str] | None,
    typer.Option("--level", metavar="K", help="What the auditor knows: K0, K1 or K2; K1 and K2 by default."),
]
_Model = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="DIR",
        help="Grow them from this pretrained language model, in a folder of transformers.",
    ),
]
_Device = Annotated[
    str | None,
    typer.Option(
        help="cpu or cuda; by default a pretrained model takes the GPU that is there, small ones the CPU.",
        show_default=False,
    ),
]
_Evasive = Annotated[bool, typer.Option(help="Keep down what the shipped helper asks for.")]
_Asked = Annotated[
    list[str] | None,
    typer.Option(
        "--probe", metavar="CODE", help="Ask this probe alone. May be repeated.", show_default=False
    ),
]
_TableOut = Annotated[Path, typer.Option("--out", metavar="FILE", help="The table.", show_default=False)]


@app.command()
@printing
def make(  # noqa: PLR0913, PLR0917 - the options of a command
    out: _Out = Path("organisms"),
    mechanism: _Mechanisms = None,
    seeds: _Seeds = 10,
    first_seed: _First = 100,
    base_looks: _BaseLooks = 5,
    looks: _Looks = 15,
    model: _Model = None,
    device: _Device = None,
    evasive: _Evasive = False,
    jobs: _Jobs = 2,
    backend: _Backend = "loky",
    as_json: AsJson = False,
) -> Result:
    """Train matched groups and verify what each member does; may be stopped and called again.

    A matched group is a deceptive run and its honest look-alikes, all from one base.

    For example:

    forewarn organisms make --out organisms --mechanism pair --seeds 2

    forewarn organisms make --out grown --model SmolLM2-135M --mechanism pair --seeds 1 --looks 6
    """
    from forewarn.lab.population import making

    wanted = making.tasks(_known(mechanism or []), range(first_seed, first_seed + seeds))
    out.mkdir(parents=True, exist_ok=True)
    start = _start(model)
    settings = {"start": start, "device": device or _usual_device(model), "evasive": evasive}
    work = partial(making.make_one, out, base_looks=base_looks, looks=looks, **settings)
    groups = _each("matched groups", work, wanted, jobs, backend)
    text = f"{len(groups)} matched groups in {out}"
    return Result({"out": str(out), "matched groups": len(groups)}, (said(text), *composition(groups)))


@app.command()
@printing
def look(  # noqa: PLR0913, PLR0917 - the options of a command
    folder: _Folder,
    level: _Levels = None,
    seeds: _FirstSeeds = None,
    probe: _Asked = None,
    jobs: _Jobs = 2,
    backend: _Backend = "loky",
    as_json: AsJson = False,
) -> Result:
    """Ask every probe and baseline at every snapshot; may be stopped and called again.

    For example:

    forewarn organisms look organisms --level related
    """
    from forewarn.lab.population import group_looks, making, measuring
    from forewarn.lab.population.folder import folders

    group_looks.questions_of(probe or ())
    levels = _levels(level)
    groups = [f.read() for f in folders(folder)]
    chosen = sorted({group.seed for group in groups})[:seeds]
    wanted = [
        making.Task(v.mechanism, v.seed) for v in sorted(groups, key=lambda v: v.seed) if v.seed in chosen
    ]
    for name in levels:
        work = partial(group_looks.look_one, folder, level=name, probes=tuple(probe or ()))
        _each(f"looks {name}", work, wanted, jobs, backend)
        _each(f"baselines {name}", partial(measuring.measure_one, folder, level=name), wanted, jobs, backend)
    return Result(
        {"matched groups": len(wanted), "levels": levels},
        (said(f"{len(wanted)} matched groups looked at, {', '.join(levels)}"),),
    )


@app.command()
@printing
def record(folder: _Folder, out: _TableOut, level: _Levels = None, as_json: AsJson = False) -> Result:
    """Write all looks into one small table that needs no models.

    For example:

    forewarn organisms record organisms --out recorded.safetensors
    """
    from forewarn.lab.population import recording

    table = recording.record(folder, _levels(level))
    digest, runs = table.save(out), next(iter(table.runs.values()))
    deceptive = sum(run.truth.deceptive for run in runs)
    levels = ", ".join(f"{name} {len(row)}" for name, row in table.runs.items())
    text = (
        f"{out}: {len(runs)} verified runs, {deceptive} deceptive ({levels}); {len(table.discarded)} discarded; "
        f"{out.stat().st_size / 1e6:.1f} MB, digest {digest[:12]}"
    )
    value = {"out": str(out), "digest": digest, "runs": len(runs), "deceptive": deceptive}
    return Result({**value, "discarded": list(table.discarded)}, (said(text),))


@app.command("list")
@printing
def list_organisms(folder: _Folder, as_json: AsJson = False) -> Result:
    """List runs, whether they hold their behaviour, and when it began.

    For example:

    forewarn organisms list organisms
    """
    from forewarn.lab.population.folder import folders

    groups = [f.read() for f in folders(folder)]
    names, rows = group_rows(groups)
    table = Records(names, tuple(tuple(said(_cell(row[name])) for name in names) for row in rows))
    return Result({"organisms": rows}, (table, Text(), *composition(groups)))


@app.command()
@printing
def check(folder: _Folder, jobs: _Jobs = 2, as_json: AsJson = False) -> Result:
    """Verify again what was made: that every file is whole, and that the last snapshots do what was written down.

    For example:

    forewarn organisms check organisms
    """
    from forewarn.lab.population import checking, making
    from forewarn.lab.population.folder import folders

    wanted = [making.Task(f.read().mechanism, f.read().seed) for f in folders(folder)]
    found: list[Any] = _each("matched groups", partial(checking.check_one, folder), wanted, jobs, "loky")
    problems = sorted(problem for each in found for problem in each)
    lines = [said(problem) for problem in problems] or [
        said(f"{len(wanted)} matched groups are as they were made")
    ]
    return Result(
        {"matched groups": len(wanted), "problems": problems},
        tuple(lines),
        Code.BROKEN if problems else Code.CLEAR,
    )


app.command()(calibrate)
app.command()(score)


def _each(what: str, work: Any, wanted: Any, jobs: int, backend: str) -> list[Any]:
    from forewarn.lab.population import parallel

    known = parallel.backend_named(backend)
    return list(following(what, parallel.everywhere(work, wanted, jobs, known), len(wanted)))


def _start(model: Path | None) -> Any:
    if model is None:
        from forewarn.lab.organisms.scratch import Scratch

        return Scratch()
    from forewarn.lab.organisms.pretrained import Pretrained

    return Pretrained.at(model)


def _usual_device(model: Path | None) -> str:
    """Small models are trained faster by a CPU's cores side by side."""
    if model is None:
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _known(names: list[str]) -> list[str]:
    from forewarn.lab.organisms.mechanisms import mechanisms

    rows = mechanisms()
    strange = [name for name in names if name not in rows]
    if strange:
        raise ConfigurationError(f"there is no mechanism {strange[0]!r}; there are {', '.join(rows)}")
    return names


def _levels(names: list[str] | None) -> list[Level]:
    from forewarn.lab.organisms.levels import LEVELS

    strange = [name for name in names or [] if name not in LEVELS]
    if strange:
        raise ConfigurationError(f"--level is one of {', '.join(LEVELS)}; found {strange[0]!r}")
    return [level for name in names or ("related", "unseen") for level in LEVELS if level == name]


def _cell(value: object) -> str:
    if value is None:
        return "none"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
