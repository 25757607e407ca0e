"""`forewarn inspect`: one snapshot, looked into through lenses and weights, and asked what a look asks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from forewarn.cli import inspect_options as option
from forewarn.cli.inspect_asking import (
    Recorded,
    asking_of,
    record,
    recorded_code,
    recorded_text,
    recorded_value,
)
from forewarn.cli.inspect_desk import Desk
from forewarn.cli.inspect_lens import lens_text
from forewarn.cli.inspect_progress import make_tell
from forewarn.cli.inspect_prompt import converse, wants_prompt
from forewarn.cli.inspect_units import units_text
from forewarn.cli.options import AsJson
from forewarn.cli.replay import factory_of
from forewarn.cli.result import Result, printing, said
from forewarn.cli.show import split_place
from forewarn.errors import ConfigurationError
from forewarn.inspect.choosing import choose_look
from forewarn.inspect.codes import check_questions
from forewarn.inspect.request import BACK, TOP, TRANSPORTS, LensRequest, ProbeQuestions, Request
from forewarn.records import Inspected, LookTaken
from forewarn.report.inspection import write
from forewarn.report.run import RunRecord, read_run
from forewarn.store.codec import encode


@printing
def inspect(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    place: option.Place,
    lens: option.Lens = False,
    neuron: option.Neuron = None,
    virtual: option.Virtual = None,
    head: option.Head = None,
    fact: option.Fact = None,
    context: option.Context = None,
    prompt: option.Prompt = None,
    ask: option.Ask = None,
    site: option.Site = None,
    questions: option.Questions = False,
    word: option.Said = None,
    who: option.Who = None,
    logit: option.Logit = False,
    backwards: option.Backwards = False,
    transport: option.Transport = TRANSPORTS[0],
    top: option.Top = TOP,
    back: option.Back = BACK,
    model: option.Model = None,
    html: option.Html = None,
    as_json: AsJson = False,
) -> Result:
    """Look into one snapshot: what the layers say, what neurons and heads read and write, what probes find.

    With no option that asks anything, a prompt opens: the snapshot is loaded once, and you type one question after
    the other (`help` lists them). Questions may also come from a pipe. Without @STEP the look that was flagged is
    opened, else the last one whose snapshot is stored.

    For example:

    forewarn inspect runs/liar

    echo "ask latent-policy" | forewarn inspect runs/liar@120

    forewarn inspect runs/liar@120 --lens --backwards

    forewarn inspect runs/liar@120 --neuron 2.17 --virtual 1.17:3 --html liar.html

    forewarn inspect runs/liar@120 --ask latent-policy --word deceptive
    """
    asked, asking = LensRequest(fact, context, prompt), asking_of(ask, site, word, who, listed=questions)
    base = Request(transport=transport, top=top, back=back)
    request = replace(
        base,
        lens=asked if lens or logit or backwards or asked != LensRequest() else None,
        neuron=option.parse_unit("--neuron", neuron),
        virtual=option.parse_virtual("--virtual", virtual),
        head=option.parse_unit("--head", head),
    )
    _check_options(asked, html, who, request, asking)
    folder, step = split_place(place)
    opened = read_run(folder)
    opened.refuse_changed()
    _check_against_run(opened, step, request, asking)
    desk = _desk(folder, step, factory_of(model) if model else None, who, base)
    if request.lens or request.units or asking:
        return _answered(desk, request, asking, _Shown(folder, logit, backwards, html))
    if html is None and not as_json and wants_prompt():
        return _typed(folder, desk)
    return _answered(desk, replace(base, lens=asked), None, _Shown(folder, html=html))


@dataclass(frozen=True, slots=True)
class _Shown:
    """How one call's answer is shown."""

    folder: Path
    logit: bool = False
    backwards: bool = False
    html: Path | None = None


def _check_options(
    asked: LensRequest, html: Path | None, who: str | None, request: Request, asking: ProbeQuestions | None
) -> None:
    if asked.prompt and (asked.fact or asked.context):
        raise ConfigurationError(
            "--prompt is a text of your own, and --fact and --context are the audit set's; give one or the other"
        )
    if html is not None and asking is not None and not (request.lens or request.units):
        raise ConfigurationError(
            "--html shows lenses and weights, and nothing of them is asked for; add --lens, say. Answers are kept "
            "in RUN/traces.jsonl"
        )
    if who is not None and asking is None and (request.lens or request.units):
        raise ConfigurationError(
            "--who says whose record it is, and nothing is recorded without --ask, --word or --questions"
        )


def _check_against_run(
    run: RunRecord, step: int | None, request: Request, asking: ProbeQuestions | None
) -> None:
    """Refuse what the manifest, the ledger or the installed names rule out, before torch is imported."""
    layers = run.manifest.model.get("layers")
    blocks = layers if isinstance(layers, int) else None
    option.check_request(request, blocks)
    if asking is not None:
        check_questions(asking, blocks)
    looks = [entry.event for entry in run.entries if isinstance(entry.event, LookTaken)]
    choose_look(run.folder, looks, step)


def _desk(folder: Path, step: int | None, factory: Any, who: str | None, base: Request) -> Desk:
    """Open the look. This imports torch."""
    with contextlib.redirect_stdout(sys.stderr):
        from forewarn.inspect.inspector import Inspector
        from forewarn.inspect.opened import open_at

        return Desk(Inspector(open_at(folder, step, factory, make_tell())), who, base)


def _typed(folder: Path, desk: Desk) -> Result:
    """Answer typed questions; where the input was empty, show the lens table."""
    code = converse(desk, f"{folder.name}@{desk.opened.look.step}")
    if code is None:
        return _answered(desk, replace(desk.base, lens=LensRequest()), None, _Shown(folder))
    return Result({}, (), code)


def _answered(desk: Desk, request: Request, asking: ProbeQuestions | None, shown: _Shown) -> Result:
    with contextlib.redirect_stdout(sys.stderr):
        found = desk.inspector.inspect(request)
        recorded = None if asking is None else _recorded(desk, asking)
    text = [*_text(found, shown), *recorded_text(recorded)]
    if shown.html is not None:
        page = write(found, shown.html, read_run(shown.folder).manifest.name)
        text.append(said(f"\nPage: {page}"))
    value = {"run": str(shown.folder), **encode(found), **recorded_value(recorded)}
    return Result(value, tuple(text), recorded_code(recorded))


def _recorded(desk: Desk, asking: ProbeQuestions) -> Recorded:
    return record(desk.session, desk.opened.look.outcomes, asking)


def _text(found: Inspected, shown: _Shown) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{shown.folder}, step {found.step}", "bold"), (f"  snapshot {found.snapshot[:12]}", "dim")
    )
    if found.trajectories is not None:
        yield from lens_text(found.trajectories, logit=shown.logit, backwards=shown.backwards)
    yield from units_text(found)
