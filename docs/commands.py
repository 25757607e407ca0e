"""A hook of mkdocs: lists commands and options in `reference/command-line.md`, as the program has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MARK = "<!-- commands -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with the commands in place of the mark; other pages as they are."""
    return markdown.replace(MARK, "\n".join(_lines())) if MARK in markdown else markdown


def _lines() -> Iterator[str]:
    import typer

    from forewarn.cli.app import app

    for name, command in leaves(typer.main.get_command(app), ("forewarn",)):
        yield f"### {name}\n"
        yield f"{command.help or ''}\n".replace("\b", "")
        yield from _table(command)


def leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    if not hasattr(command, "list_commands"):
        yield " ".join(path), command
        return
    for name in sorted(command.list_commands(None)):
        yield from leaves(command.get_command(None, name), (*path, name))


def _table(command: Any) -> Iterator[str]:
    yield "| option | meaning |\n|---|---|"
    for each in command.params:
        names = ", ".join(f"`{name}`" for name in (*each.opts, *each.secondary_opts))
        label = f"`{each.metavar or each.name.upper()}`" if each.param_type_name == "argument" else names
        yield f"| {label} | {_meaning(each)} |"
    yield ""


def _meaning(each: Any) -> str:
    told = (each.help or "").replace("\n", " ").replace("|", "\\|")
    needed = "Required." if each.required else ""
    plain = isinstance(each.default, str | int | float) and not isinstance(each.default, bool)
    default = f"Default: `{each.default}`." if plain else ""
    return " ".join(filter(None, (told, default, needed)))
