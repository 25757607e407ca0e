"""The commands, put together. A command is imported when it is called, or when help names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperGroup

from forewarn._version import __version__
from forewarn.cli.options import EPILOG
from forewarn.cli.result import Result, printing
from forewarn.errors import ConfigurationError

Runs = Callable[..., None] | typer.Typer
"""A command as its author wrote it: a function, or an app with commands of its own."""
GROUP: Final = "forewarn.commands"
"""Entry points by which the laboratory and other packages add commands."""
WATCH, INSPECT, VERIFY = "Watch: what a run says", "Inspect: look inside", "Verify: is it what was written?"
LABORATORY, OTHERS = "Laboratory: train and measure helpers and detectors", "Of other packages"


def _list() -> Runs:
    from forewarn.cli.listing import list_runs

    return list_runs


def _show() -> Runs:
    from forewarn.cli.show import show

    return show


def _report() -> Runs:
    from forewarn.cli.report import report

    return report


def _inspect() -> Runs:
    from forewarn.cli.inspect import inspect

    return inspect


def _replay() -> Runs:
    from forewarn.cli.replay import replay

    return replay


def _acknowledge() -> Runs:
    from forewarn.cli.acknowledge import acknowledge

    return acknowledge


def _verify() -> Runs:
    from forewarn.cli.verify import verify

    return verify


COMMANDS: Final[Mapping[str, tuple[str, Callable[[], Runs]]]] = {
    "list": (WATCH, _list),
    "show": (WATCH, _show),
    "report": (WATCH, _report),
    "acknowledge": (WATCH, _acknowledge),
    "inspect": (INSPECT, _inspect),
    "replay": (VERIFY, _replay),
    "verify": (VERIFY, _verify),
}
"""The plugin's own: panel of the help, and how to import it."""


class Commands(TyperGroup):
    """The plugin's own commands first, then those that entry points add, each made when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names, in the order of the help."""
        added = sorted(_points().values(), key=lambda point: (_panel(point) != LABORATORY, point.name))
        return [*COMMANDS, *(point.name for point in added if point.name not in COMMANDS)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; None where there is none."""
        if cmd_name in COMMANDS:
            panel, load = COMMANDS[cmd_name]
            return _made(cmd_name, load(), panel)
        point = _points().get(cmd_name)
        return None if point is None else _installed(point)


app = typer.Typer(
    name="forewarn",
    cls=Commands,
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


def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _panel(point: EntryPoint) -> str:
    return LABORATORY if point.value.startswith("forewarn.lab.") else OTHERS


def _installed(point: EntryPoint) -> Any:
    """A command that an entry point adds. One that cannot be imported or made breaks itself alone: it says so."""
    try:
        return _made(point.name, cast("Runs", point.load()), _panel(point))
    except (Exception, SystemExit) as error:
        return _made(point.name, _broken(point, f"{type(error).__name__}: {error}"), _panel(point))


def _made(name: str, runs: Runs, panel: str) -> Any:
    """What typer makes of a command under a name."""
    around = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    around.callback()(lambda: None)
    if isinstance(runs, typer.Typer):
        around.add_typer(runs, name=name, epilog=EPILOG, rich_help_panel=panel)
    else:
        around.command(name, epilog=EPILOG, rich_help_panel=panel)(runs)
    return cast("TyperGroup", typer.main.get_command(around)).commands[name]


def _broken(point: EntryPoint, why: str) -> Callable[..., None]:
    @printing
    def command() -> Result:
        raise ConfigurationError(
            f"the command {point.name!r} ({point.value}) cannot be imported: {why}. Mend or remove the package "
            "that brings it; all other commands work."
        )

    command.__doc__ = f"Cannot be imported here ({point.value})."
    return command
