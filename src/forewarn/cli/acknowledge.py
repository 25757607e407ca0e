"""`forewarn acknowledge`: somebody has seen an alarm, and the run may go on."""

from __future__ import annotations

from typing import Annotated

import typer

from forewarn.audit import acknowledging
from forewarn.cli.options import AsJson, RunFolder
from forewarn.cli.result import Result, printing, said
from forewarn.report.run import check_is_run
from forewarn.report.segments import acknowledged_words
from forewarn.store.codec import encode

_By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who has seen it; your user name by default.")]
_Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why the run may go on.")]
_Wrong = Annotated[
    bool, typer.Option("--wrong", help="Say that the alarm is wrong: the model does not deceive.")
]


@printing
def acknowledge(
    run: RunFolder, by: _By = "", why: _Why = "", wrong: _Wrong = False, as_json: AsJson = False
) -> Result:
    """Write into a run's ledger that its alarms were seen, so that a run that was halted may go on.

    The run stays flagged, and its next segment may raise an alarm again.

    For example:

    forewarn acknowledge runs/liar --by Ada --why "the data of step 400 were removed"
    """
    check_is_run(run)
    written = acknowledging.acknowledge(run, by=by, why=why, wrong=wrong)
    value = {"run": str(run), "acknowledged": [encode(event) for event in written]}
    return Result(value, tuple(said(acknowledged_words(event)) for event in written))
