"""The site holds every page and names nothing that is not there. `make docs` builds it and checks the rest."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import typer

from forewarn.cli.app import app

ROOT = Path(__file__).parents[2]
_DIRECTIVE = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


def named(path):
    """What a dotted path names: a module, or something in one."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        home, _, name = path.rpartition(".")
        return getattr(named(home), name)


@pytest.fixture(scope="module")
def hook():
    spec = spec_from_file_location("commands", ROOT / "docs" / "commands.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def commands(hook):
    return dict(hook.leaves(typer.main.get_command(app), ("forewarn",)))


def test_the_navigation_holds_every_page_once():
    _, _, nav = (ROOT / "mkdocs.yml").read_text(encoding="utf8").partition("\nnav:\n")
    listed = re.findall(r"([\w/.-]+\.md)$", nav.partition("\nvalidation:")[0], re.MULTILINE)
    docs = ROOT / "docs"
    assert sorted(listed) == sorted(str(page.relative_to(docs)) for page in docs.rglob("*.md"))


def test_what_the_reference_is_made_from_is_there_and_documented(manual):
    found = [path for page in manual.values() for path in _DIRECTIVE.findall(page.text)]
    assert len(found) > 40
    undocumented = [path for path in found if not (named(path).__doc__ or "").strip()]
    assert not undocumented


def test_names_that_are_not_there_are_noticed():
    with pytest.raises(AttributeError, match="Unheard"):
        named("forewarn.auditset.Unheard")


def test_every_command_is_told(manual, commands):
    told = manual["docs/reference/command-line.md"].text
    assert not [name for name in commands if f"| `{name}" not in told]


def test_the_list_of_commands_replaces_the_mark(hook, commands):
    page = hook.on_page_markdown(f"before\n\n{hook.MARK}\n")
    assert page.startswith("before\n\n### forewarn acknowledge\n")
    assert all(f"### {name}\n" in page for name in commands)
    assert "| `--head` |" in page and "| `FOLDER` |" in page
    assert hook.on_page_markdown("a page without a mark") == "a page without a mark"


def test_the_site_s_hook_imports_the_package_when_it_is_called_only():
    tree = ast.parse((ROOT / "docs" / "commands.py").read_text(encoding="utf8"))
    top = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    assert not [n for n in top if "forewarn" in ast.unparse(n)]
