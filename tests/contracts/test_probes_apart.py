"""The list of modules that may not know each other is written by hand: none of the installed may be missing."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "setup.cfg"
GROUPS = ("forewarn.probes", "forewarn.follow_ups")


@pytest.fixture(scope="module")
def setup():
    parser = ConfigParser(interpolation=None)
    parser.read(SETUP, encoding="utf8")
    return parser


def modules(setup, group):
    """Modules of the package's own entry points in a group."""
    lines = setup["options.entry_points"][group].split("\n")
    paths = (line.partition("=")[2].strip() for line in lines if line.strip())
    return [m for m in (path.partition(":")[0] for path in paths) if m.startswith("forewarn.probes.")]


@pytest.mark.parametrize("group", GROUPS)
def test_each_module_stands_in_the_contract_that_keeps_them_apart(setup, group):
    contract = setup["importlinter:contract:probes"]
    assert contract["type"] == "independence"
    found = modules(setup, group)
    assert found, "the group has none"
    assert not set(found) - set(contract["modules"].split())
