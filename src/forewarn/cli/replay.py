"""`forewarn replay`: measure the evidence of a run again, from its stored snapshots."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from forewarn.cli.answers import leading_text, leading_value
from forewarn.cli.options import AsJson, RunFolder
from forewarn.cli.result import Code, Result, printing, said
from forewarn.cli.show import looks_at
from forewarn.errors import ConfigurationError
from forewarn.inspect.codes import FOLLOWS, installed_probes
from forewarn.report.featured import LeadingClaim, leading_claim, shown_look
from forewarn.report.run import MANIFEST, read_run
from forewarn.report.sentences import evidence_words
from forewarn.report.summary import RunSummary, summarise
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
    """Measure a run's evidence again, from its snapshots, and show what the model writes now.

    Exits with 0 if all came out the same, 3 if any differs, 4 if any could not be measured. Evidence of a probe
    that is not installed is measured again only if you name the probe with --probe: a run's folder may name code,
    but never makes it run.

    For example:

    forewarn replay runs/liar --step 500

    forewarn replay runs/liar --model mine.models:build

    forewarn replay runs/flatterer --probe flattery.probe:Flattery
    """
    opened = read_run(run)
    names = tuple(probe or ())
    for name in names:
        _split("--probe", name, "Class")
    factory = factory_of(model) if model else None
    summary = summarise(opened.manifest, opened.entries, opened.sign)
    if step is not None:
        looks_at(summary, step)
    with contextlib.redirect_stdout(sys.stderr):
        from forewarn.audit import replay as replaying
        from forewarn.probes import probe_at

        replayed = replaying.replay(run, step, factory, tuple(map(probe_at, names)))
    leading = _leading(summary, replayed)
    again = next((each.again for each in replayed if leading and each.evidence == leading.evidence), None)
    text = (*leading_text(leading, again), *map(_text, replayed), _total(replayed), *_absent(run, replayed))
    value = {
        "run": str(run),
        "leading": leading_value(leading),
        "replayed": [_value(each) for each in replayed],
    }
    return Result(value, text, _code(replayed))


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


def _leading(summary: RunSummary, replayed: Sequence[Any]) -> LeadingClaim | None:
    """The strongest of the claims that were measured again: that of the look that matters, if it is among them."""
    snapshots = {each.evidence.snapshot for each in replayed}
    first = shown_look(summary)
    looks = [
        look for look in (first, *reversed(summary.looks)) if look is not None and look.snapshot in snapshots
    ]
    return leading_claim(summary, looks[0]) if looks else None


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


def _absent(run: Path, replayed: tuple[Any, ...]) -> Iterator[Text]:
    """What to do about probes that are neither installed nor named.

    The import path that the run gives is shown and never followed: whoever sent the run could name any code there.
    """
    there, paths = installed_probes(), _paths(run)
    codes = dict.fromkeys(each.evidence.code.partition(FOLLOWS)[0] for each in replayed if each.again is None)
    for code in (code for code in codes if code not in there):
        path = paths.get(code, "package.module:Class")
        yield said(f"{code} is not installed here. If you trust its code, add --probe {path}")


def _paths(run: Path) -> dict[str, str]:
    """Import paths of the probes that watched a run, as far as its manifest tells."""
    entries = json.loads((run / MANIFEST).read_bytes()).get("questions")
    every = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return {str(entry.get("code")): str(entry["path"]) for entry in every if "path" in entry}


def _code(replayed: tuple[Any, ...]) -> Code:
    if any(not each.same and each.again is not None for each in replayed):
        return Code.BROKEN
    return Code.UNKNOWN if any(not each.same for each in replayed) else Code.CLEAR
