"""`forewarn helper new`: a package for a property of one's own, to begin from."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Final

import typer

from forewarn.cli.options import AsJson
from forewarn.cli.result import Result, printing, said
from forewarn.errors import ConfigurationError
from forewarn.inspect.codes import installed_probes
from forewarn.store.files import write_atomically

_Property = Annotated[
    str, typer.Argument(metavar="NAME", help="Of the property, such as flattery.", show_default=False)
]
_In = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to; NAME by default.")]

SCAFFOLD: Final[Mapping[str, str]] = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "init.py": "$package/__init__.py",
    "probe.py": "$package/probe.py",
    "auditset.jsonl": "$package/auditset.jsonl",
    "test_probe.py": "tests/test_probe.py",
}
"""Each template, and where it lies in the new folder."""


@printing
def new(name: _Property, out: _In = None, as_json: AsJson = False) -> Result:
    """Write a package for a property of your own: a probe, an audit set, a test that passes, and what to do next.

    For example:

    forewarn helper new flattery
    """
    names = names_of(name)
    folder = Path(name) if out is None else out
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there already and not empty; choose another --out")
    written = write_scaffold(folder, names)
    lines = [f"{folder}: a package for the property {name}", *(f"  {path}" for path in written)]
    lines += [
        "Next:",
        f"  cd {folder}",
        "  python -m pytest",
        "  python -m pip install -e .",
        "  less README.md",
    ]
    value = {"out": str(folder), "code": name, "files": list(written)}
    return Result(value, tuple(said(line) for line in lines))


def names_of(name: str) -> dict[str, str]:
    """What the templates are filled with. ConfigurationError for a name that no probe or package can have."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ConfigurationError(
            f"a property is named in small letters and digits with hyphens between, such as flattery or "
            f"flattery-under-pressure; found {name!r}"
        )
    package = name.replace("-", "_")
    if keyword.iskeyword(package) or package in ("forewarn", "tests"):
        raise ConfigurationError(f"no package can have the name {package!r}; choose another name")
    if name in installed_probes():
        raise ConfigurationError(f"a probe {name!r} is installed already; choose another name")
    klass = "".join(part.capitalize() for part in name.split("-"))
    return {"name": name, "package": package, "klass": klass, "title": name.replace("-", " ")}


def write_scaffold(folder: Path, names: Mapping[str, str]) -> tuple[str, ...]:
    """Write all files; their paths within the folder. StoreError where the system refuses."""
    home, written = files("forewarn.lab.cli") / "scaffold", []
    for template, place in SCAFFOLD.items():
        path = folder / Template(place).substitute(names)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (home / f"{template}.txt").read_text(encoding="utf8")
        write_atomically(path, Template(text).substitute(names))
        written.append(str(path.relative_to(folder)))
    return tuple(written)
