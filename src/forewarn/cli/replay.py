"""`forewarn replay`: measure the evidence of a run again, from its stored snapshots."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from forewarn.cli.options import AsJson, RunFolder
from forewarn.cli.result import Code, Result, printing, said
from forewarn.errors import ConfigurationError
from forewarn.inspect.codes import FOLLOWS, installed_probes
from forewarn.report.run import read_run
from forewarn.report.sentences import evidence_words
from forewarn.report.words import count
from forewarn.store.codec import encode

_Step = Annotated[int | None, typer.Option("--step", help="Only the look at this step.", show_default=False)]
_Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="PKG.MOD:FACTORY",
        help="Function without arguments that builds the model. Needed for your own architectures.",
        show_default=False,
    ),
]
_Probe = Annotated[
    list[str] | None,
    typer.Option(
        "--probe",
        metavar="PKG.MOD:CLASS",
        help="A probe of your own that no installed package brings. May be repeated. The working directory is "
        "searched too.",
        show_default=False,
    ),
]


@printing
def replay(
    run: RunFolder,
    step: _Step = None,
    model: _Model = None,
    probe: _Probe = None,
    as_json: AsJson = False,
) -> Result:
    """Measure a run's evidence again, from its snapshots.

    Exits with 0 if all came out the same, 3 if any differs, 4 if any could not be measured. Evidence of a probe
    that is not installed is measured again only if you name the probe with --probe: a run's folder may name code,
    but never makes it run.

    For example:

    forewarn replay runs/liar --step 500

    forewarn replay runs/liar --model mine.models:build

    forewarn replay runs/flatterer --probe flattery.probe:Flattery
    """
    read_run(run)
    names = tuple(probe or ())
    for name in names:
        _split("--probe", name, "Class")
    factory = factory_of(model) if model else None
    with contextlib.redirect_stdout(sys.stderr):
        from forewarn.audit import replay as replaying
        from forewarn.probes import probe_at

        replayed = replaying.replay(run, step, factory, tuple(map(probe_at, names)))
    values = [_value(each) for each in replayed]
    text = tuple(_text(each) for each in replayed)
    lines = (*text, _total(replayed), *_absent(replayed))
    return Result({"run": str(run), "replayed": values}, lines, _code(replayed))


def factory_of(name: str) -> Callable[[], Any]:
    """Import the function that builds the model; the working directory is searched too.

    Raises ConfigurationError that says which part of the name does not lead anywhere.
    """
    module, attribute = _split("--model", name, "function")
    sys.path.insert(
        0, str(Path.cwd())
    )  # A console script searches its own folder, not the one it is run from.
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise ConfigurationError(f"--model {name}: importing {module} failed ({what})") from error
    if not callable(found):
        what = "nothing" if found is None else f"a {type(found).__name__}"
        raise ConfigurationError(f"--model {name}: wanted a function {attribute} in {module}; found {what}")
    return found  # type: ignore[no-any-return]


def _split(option: str, name: str, kind: str) -> tuple[str, str]:
    """Take package.module:name apart. ConfigurationError for anything else, before anything is imported."""
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise ConfigurationError(f"{option} wants package.module:{kind}; found {name!r}")
    return module, attribute


def _value(each: Any) -> dict[str, Any]:
    return {
        "evidence": encode(each.evidence),
        "again": encode(each.again),
        "same": each.same,
        "why": each.why,
    }


def _text(each: Any) -> Text:
    style = "green" if each.same else "yellow" if each.again is None else "bold red"
    word = "same" if each.same else "not measured" if each.again is None else "DIFFERENT"
    lines = [f"{word}: {each.evidence.claim}", f"  then: {evidence_words(each.evidence)}"]
    if each.again is not None:
        lines.append(f"  now:  {evidence_words(each.again)}")
    if each.why:
        lines.append(f"  {each.why}")
    return said("\n".join(lines), style)


def _total(replayed: tuple[Any, ...]) -> Text:
    if not replayed:
        return said("There is no evidence to measure again.")
    same = sum(each.same for each in replayed)
    return said(f"{same} of {count(len(replayed), 'claim')} came out the same.")


def _absent(replayed: tuple[Any, ...]) -> Iterator[Text]:
    """What to do about probes that are neither installed nor named."""
    there = installed_probes()
    codes = dict.fromkeys(each.evidence.code.partition(FOLLOWS)[0] for each in replayed if each.again is None)
    if absent := [code for code in codes if code not in there]:
        yield said(
            f"Not installed here: {', '.join(absent)}. Name such a probe with --probe package.module:Class, or "
            "install its package."
        )


def _code(replayed: tuple[Any, ...]) -> Code:
    if any(not each.same and each.again is not None for each in replayed):
        return Code.BROKEN
    return Code.UNKNOWN if any(not each.same for each in replayed) else Code.CLEAR
