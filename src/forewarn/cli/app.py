"""The commands, put together. Each imports what it needs when it runs, so that --help is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from forewarn._version import __version__
from forewarn.cli import helper, organisms
from forewarn.cli.bench import bench
from forewarn.cli.demo import demo
from forewarn.cli.inspect import inspect
from forewarn.cli.listing import list_runs
from forewarn.cli.options import EPILOG
from forewarn.cli.replay import replay
from forewarn.cli.report import report
from forewarn.cli.show import show
from forewarn.cli.verify import verify

app = typer.Typer(
    name="forewarn",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def forewarn(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Watch a model while it trains, and be warned before it deceives."""


COMMANDS: Mapping[str, Callable[..., None]] = {
    "demo": demo,
    "list": list_runs,
    "show": show,
    "inspect": inspect,
    "report": report,
    "verify": verify,
    "replay": replay,
    "bench": bench,
}
for _name, _command in COMMANDS.items():
    app.command(_name, epilog=EPILOG)(_command)
app.add_typer(organisms.app, name="organisms", epilog=EPILOG)
app.add_typer(helper.app, name="helper", epilog=EPILOG)
