"""Options of `forewarn inspect`, and how blocks, neurons and heads are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, cast

import typer

from forewarn.errors import ConfigurationError
from forewarn.inspect.request import TRANSPORTS
from forewarn.records import Word
from forewarn.records.trace import WORDS

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
        help="List what can be asked: its price, and what came of it so far.",
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


def unit(name: str, text: str | None) -> tuple[int, int] | None:
    """L.N as two numbers. ConfigurationError for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)\.(\d+)", text)
    if not found:
        raise ConfigurationError(f"{name} wants block and number, such as 2.17; found {text!r}")
    return int(found[1]), int(found[2])


def path(name: str, text: str | None) -> tuple[int, int, int] | None:
    """L.N:M as three numbers. ConfigurationError for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)\.(\d+):(\d+)", text)
    if not found:
        raise ConfigurationError(f"{name} wants a neuron and another block, such as 1.17:3; found {text!r}")
    return int(found[1]), int(found[2]), int(found[3])


def word(text: str | None) -> Word | None:
    """A final word. ConfigurationError for anything else."""
    if text is not None and text not in WORDS:
        raise ConfigurationError(f"--word wants one of {', '.join(WORDS)}; found {text!r}")
    return cast("Word | None", text)
