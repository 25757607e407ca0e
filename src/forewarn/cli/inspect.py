"""`forewarn inspect`: one snapshot, looked into through lenses and weight views, and asked what a look asks."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

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
from forewarn.cli.inspect_lens import lens_text
from forewarn.cli.inspect_progress import progress
from forewarn.cli.inspect_units import head_text, neuron_text, virtual_text
from forewarn.cli.options import AsJson
from forewarn.cli.replay import factory_of
from forewarn.cli.result import Result, printing, said
from forewarn.cli.show import split_place
from forewarn.errors import ConfigurationError
from forewarn.inspect.request import BACK, TOP, TRANSPORTS, Asking, Prompted, Request
from forewarn.records import Inspected
from forewarn.report.inspection import write
from forewarn.report.run import read_run
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

    Where nothing else is wanted the lens table is printed. Without @STEP, the look that was flagged, else the last
    one whose snapshot is stored.

    For example:

    forewarn inspect runs/liar@120 --lens --backwards

    forewarn inspect runs/liar@120 --neuron 2.17 --head 1.0

    forewarn inspect runs/liar@120 --virtual 1.17:3 --html liar.html

    forewarn inspect runs/liar@120 --questions

    forewarn inspect runs/liar@120 --ask latent-policy --word deceptive
    """
    asked, asking = Prompted(fact, context, prompt), asking_of(ask, site, word, who, listed=questions)
    request = Request(
        lens=asked if lens or asked != Prompted() or not (neuron or virtual or head or asking) else None,
        neuron=option.unit("--neuron", neuron),
        virtual=option.path("--virtual", virtual),
        head=option.unit("--head", head),
        transport=transport,
        top=top,
        back=back,
    )
    if prompt and (fact or context):
        raise ConfigurationError("--prompt is a text of your own; --fact and --context are the audit set's")
    if html is not None and not any((request.lens, request.neuron, request.virtual, request.head)):
        raise ConfigurationError(
            "--html shows lenses and weights, and nothing of them is asked for; add --lens, say. Answers stand in "
            "RUN/traces.jsonl"
        )
    folder, step = split_place(place)
    found, recorded = _found(folder, step, model, request, asking)
    text = [*_text(folder, found, logit, backwards), *recorded_text(recorded)]
    if html is not None:
        text.append(said(f"\nPage: {write(found, html, read_run(folder).manifest.name)}"))
    value = {"run": str(folder), **encode(found), **recorded_value(recorded)}
    return Result(value, tuple(text), recorded_code(recorded))


def _found(
    folder: Path, step: int | None, model: str | None, request: Request, asking: Asking | None
) -> tuple[Inspected, Recorded | None]:
    read_run(folder)
    factory = factory_of(model) if model else None
    with contextlib.redirect_stdout(sys.stderr), progress() as tell:
        from forewarn.inspect import opened as opening
        from forewarn.inspect.answering import answer

        opened = opening.open_at(folder, step, factory, tell)
        found = answer(opened, request)
        return found, None if asking is None else record(opened, asking)


def _text(folder: Path, found: Inspected, logit: bool, backwards: bool) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{folder}, step {found.step}", "bold"), (f"  snapshot {found.snapshot[:12]}", "dim")
    )
    if found.trajectories is not None:
        yield from lens_text(found.trajectories, logit=logit, backwards=backwards)
    if found.neuron is not None:
        yield from neuron_text(found.neuron)
    if found.virtual is not None:
        yield from virtual_text(found.virtual)
    if found.head is not None:
        yield from head_text(found.head)
