"""`forewarn organisms`: make runs whose truth is known, look at them, and learn from them."""

from __future__ import annotations

import typer

from forewarn.lab.cli.organism_calibration import calibrate, score
from forewarn.lab.cli.organism_listing import check, list_organisms
from forewarn.lab.cli.organism_looking import look, record
from forewarn.lab.cli.organism_making import make

app = typer.Typer(
    help="Make runs whose truth is known, look at them, and learn from them.", no_args_is_help=True
)
app.command()(make)
app.command()(look)
app.command()(record)
app.command("list")(list_organisms)
app.command()(check)
app.command()(calibrate)
app.command()(score)
