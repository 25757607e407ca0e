"""`forewarn verify`: is what stands on disk what was written?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from forewarn.cli.options import AsJson, RunFolder
from forewarn.cli.result import Code, Result, printing, said
from forewarn.errors import ConfigurationError
from forewarn.report.run import LEDGER
from forewarn.report.soundness import Checked
from forewarn.report.whole import checks
from forewarn.report.words import count
from forewarn.store import ledger
from forewarn.store.chain import Examined
from forewarn.store.digest import is_digest

MOST_SHOWN: Final = 20
"""Problems of one kind of file that are printed for a person."""
_Head = Annotated[
    str | None,
    typer.Option(
        "--head", metavar="HASH", help="Head hash that the run printed when it ended, all 64 digits."
    ),
]


@printing
def verify(run: RunFolder, head: _Head = None, as_json: AsJson = False) -> Result:
    """Check that everything in a run's folder is as it was written, and say so for each kind of file.

    Those are ledger, heartbeat, manifest, audit set, token table, tokenizer, weights, lenses, pictures,
    explanations and traces. Exits with 0 if all are and 3 if not. Lines that were cut off the ledger's end show by
    the heartbeat, and only with --head where that was altered as well.

    For example:

    forewarn verify runs/liar

    forewarn verify runs/liar --head HASH
    """
    if head is not None and not is_digest(head):
        raise ConfigurationError(
            f"--head wants the whole hash, 64 hexadecimal digits as `show` and `verify` print it; found {head!r}"
        )
    examined = ledger.look_over(run / LEDGER) if (run / LEDGER).is_file() else Examined((), (), b"")
    found = tuple(checks(run, examined, head))
    value: dict[str, object] = {
        "run": str(run),
        "sound": not any(each.problems for each in found),
        "problems": [problem for each in found for problem in each.problems],
        "checked": [{"what": e.what, "problems": [*e.problems], "remarks": [*e.remarks]} for e in found],
        "entries": len(examined.entries),
        "head": examined.head,
    }
    return Result(
        value, tuple(_text(run, examined, found, head)), Code.CLEAR if value["sound"] else Code.BROKEN
    )


def _text(run: Path, examined: Examined, found: Sequence[Checked], head: str | None) -> Iterator[Text]:
    """The judgement, then one line for each kind of file."""
    if any(each.problems for each in found):
        yield said(f"{run} is not as it was written:", "bold red")
    else:
        advice = "" if head else " Give --head to show that no line was cut off the end."
        lines = count(len(examined.entries), "line")
        yield said(f"{run} is sound: {lines}, head {examined.head}.{advice}", "green")
    for each in found:
        yield from _lines(each)


def _lines(each: Checked) -> Iterator[Text]:
    shown = each.problems[:MOST_SHOWN]
    yield from (said(f"- {each.what}: {problem}", "red") for problem in shown)
    if more := len(each.problems) - len(shown):
        yield said(f"- {each.what}: {count(more, 'problem')} more; --json tells them all", "red")
    if not each.problems:
        yield said(f"- {each.what}: as written", "dim")
    yield from (said(f"  {each.what}: {remark}", "yellow") for remark in each.remarks[:MOST_SHOWN])
