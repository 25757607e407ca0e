"""The commands, put together. Each imports what it needs when it runs, so that --help is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, cast

import typer

from forewarn._version import __version__
from forewarn.cli.inspect import inspect
from forewarn.cli.listing import list_runs
from forewarn.cli.options import EPILOG
from forewarn.cli.replay import replay
from forewarn.cli.report import report
from forewarn.cli.result import Result, printing
from forewarn.cli.show import show
from forewarn.cli.verify import verify
from forewarn.errors import ConfigurationError

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
    "list": list_runs,
    "show": show,
    "inspect": inspect,
    "report": report,
    "verify": verify,
    "replay": replay,
}


def _add(name: str, command: Callable[..., None] | typer.Typer) -> None:
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name, epilog=EPILOG)
    else:
        app.command(name, epilog=EPILOG)(command)


def _installed(point: EntryPoint) -> Callable[..., None] | typer.Typer:
    """A command of the laboratory or of another package; one that cannot be imported says so when it is called."""
    try:
        return cast("Callable[..., None] | typer.Typer", point.load())
    except Exception as error:
        return _broken(point, f"{type(error).__name__}: {error}")


def _broken(point: EntryPoint, why: str) -> Callable[[], None]:
    @printing
    def command() -> Result:
        raise ConfigurationError(f"the command {point.name!r} ({point.value}) cannot be imported: {why}")

    command.__doc__ = f"Cannot be imported here ({point.value})."
    return command


for _name, _command in COMMANDS.items():
    _add(_name, _command)
for _point in sorted(entry_points(group="forewarn.commands"), key=lambda point: point.name):
    _add(_point.name, _installed(_point))
