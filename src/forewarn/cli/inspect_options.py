"""Options of `forewarn inspect`, and their checks, none of which needs torch."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, TypeVar, cast

import typer

from forewarn.errors import ConfigurationError
from forewarn.inspect.request import TRANSPORTS, Request
from forewarn.records import Unit, UnitAndBlock, Word
from forewarn.records.trace import WORDS

T = TypeVar("T")

_LENS, _UNITS, _ASK, _HOW = "Lenses", "Weights", "Questions", "How"

Place = Annotated[str, typer.Argument(metavar="RUN[@STEP]", help="Folder of a run, and one look of it.")]
Lens = Annotated[
    bool,
    typer.Option(
        "--lens", help="Likeliest tokens, site by site and position by position.", rich_help_panel=_LENS
    ),
]
Fact = Annotated[
    str | None,
    typer.Option(
        "--fact",
        metavar="NAME",
        help="Ask about this entity. Default: the first that the model knows.",
        rich_help_panel=_LENS,
    ),
]
Context = Annotated[
    str | None,
    typer.Option("--context", metavar="NAME", help="In this context only.", rich_help_panel=_LENS),
]
Prompt = Annotated[
    str | None,
    typer.Option("--prompt", metavar="TEXT", help="A text of your own, or token ids.", rich_help_panel=_LENS),
]
Logit = Annotated[
    bool, typer.Option("--logit", help="Also without correction (logit lens).", rich_help_panel=_LENS)
]
Backwards = Annotated[
    bool,
    typer.Option(
        "--backwards", help="Also which input token each site still tells of.", rich_help_panel=_LENS
    ),
]
Neuron = Annotated[
    str | None,
    typer.Option(
        "--neuron", metavar="L.N", help="Neuron N (from 0) of block L (from 1).", rich_help_panel=_UNITS
    ),
]
Virtual = Annotated[
    str | None,
    typer.Option(
        "--virtual",
        metavar="L.N:M",
        help="Which neurons of block M read neuron L.N; if M is the earlier block, which write to it.",
        rich_help_panel=_UNITS,
    ),
]
Head = Annotated[
    str | None,
    typer.Option("--head", metavar="L.H", help="Head H (from 0) of block L.", rich_help_panel=_UNITS),
]
Ask = Annotated[
    list[str] | None,
    typer.Option(
        "--ask",
        metavar="CODE",
        help="Ask this probe, such as latent-policy or knowledge-gap@resid2@answer, as a look does. May be "
        "repeated. Recorded in RUN/traces.jsonl.",
        rich_help_panel=_ASK,
    ),
]
Questions = Annotated[
    bool,
    typer.Option(
        "--questions",
        help="List what can be asked, its price, what the look asked, and what you asked.",
        rich_help_panel=_ASK,
    ),
]
Site = Annotated[
    str | None,
    typer.Option(
        "--site",
        metavar="SITE",
        help="Ask there only, such as resid3@answer. Default: everywhere.",
        rich_help_panel=_ASK,
    ),
]
Said = Annotated[
    str | None,
    typer.Option(
        "--word",
        metavar="WORD",
        help=f"What you make of the model: {', '.join(WORDS)}. Recorded.",
        rich_help_panel=_ASK,
    ),
]
Who = Annotated[
    str | None,
    typer.Option(
        "--who", metavar="NAME", help="Whose record it is. Default: the login name.", rich_help_panel=_ASK
    ),
]
Transport = Annotated[
    str,
    typer.Option(
        "--transport",
        metavar="NAME",
        help=f"Correction of the total views: {', '.join(TRANSPORTS)}.",
        rich_help_panel=_HOW,
    ),
]
Top = Annotated[
    int, typer.Option("--top", metavar="K", min=1, help="Entries of each ranking.", rich_help_panel=_HOW)
]
Back = Annotated[
    int,
    typer.Option(
        "--back",
        metavar="N",
        min=0,
        help="For a head: how many positions the key stands before the query.",
        rich_help_panel=_HOW,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="PKG.MOD:FACTORY",
        help="Function without arguments that builds the model. Needed for your own architectures.",
        rich_help_panel=_HOW,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Also write a page with the pictures.", rich_help_panel=_HOW),
]


def parse_unit(name: str, text: str | None) -> Unit | None:
    """Read L.N. ConfigurationError for anything else, which names the option."""
    return None if text is None else _parsed(name, Unit.parse, text)


def parse_virtual(name: str, text: str | None) -> UnitAndBlock | None:
    """Read L.N:M. ConfigurationError for anything else, which names the option."""
    return None if text is None else _parsed(name, UnitAndBlock.parse, text)


def parse_word(text: str | None) -> Word | None:
    """Read a final word. ConfigurationError for anything else."""
    if text is not None and text not in WORDS:
        near = get_close_matches(text, WORDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigurationError(f"the final word is one of {', '.join(WORDS)}; found {text!r}{hint}")
    return cast("Word | None", text)


def check_request(request: Request, layers: int | None) -> None:
    """Refuse a transport or a block that there is not, before the model is opened.

    `layers` is the number of blocks; None where the run does not say.
    """
    if request.transport not in TRANSPORTS:
        raise ConfigurationError(
            f"a transport is one of {', '.join(TRANSPORTS)}; found {request.transport!r}"
        )
    blocks = [unit.layer for unit in (request.neuron, request.head) if unit]
    blocks += [request.virtual.unit.layer, request.virtual.block] if request.virtual else []
    for block in blocks:
        if layers is not None and block > layers:
            raise ConfigurationError(f"the model has blocks 1 to {layers}; found block {block}")


def _parsed(name: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from error
