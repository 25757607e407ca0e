from __future__ import annotations

import json
import sys
from contextlib import nullcontext

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.evaluation.files import save
from forewarn.lab.evaluation.mistakes import story, worst
from forewarn.lab.evaluation.plots import draw
from forewarn.lab.evaluation.results import card
from forewarn.lab.population.table import Table


@pytest.fixture(scope="module")
def small(table):
    return Table(table.codes, {"related": table.runs["related"]}, (), "how")


@pytest.fixture(scope="module")
def made(small):
    return card(small, false_alarm=0.05, seeds=1, tell=lambda _: nullcontext())


@pytest.fixture(scope="module")
def entries(made):
    return made.entries


def test_a_scorecard_is_a_page_a_file_and_pictures(made, tmp_path):
    save(tmp_path, made, plots=True)
    page = (tmp_path / "scorecard.md").read_text()
    assert "## K1, new mechanism: 48 deceptive and 96 honest runs" in page
    assert "forewarn, exhaustive, by family" in page
    assert "| 12 |" in page
    assert json.loads((tmp_path / "scorecard.json").read_text())["false_alarm"] == 0.05
    pictures = sorted(path.name for path in tmp_path.glob("K1-new-mechanism-*.svg"))
    assert pictures == [
        f"K1-new-mechanism-{name}.svg" for name in ("families", "lead-time", "reliability", "trade-off")
    ]
    assert all("<svg" in path.read_text() for path in tmp_path.glob("*.svg"))


def test_without_matplotlib_there_is_a_reason_and_a_way_on(entries, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigurationError, match=r"forewarn\[plots\].*--no-plots"):
        draw(entries, "seen", "related", tmp_path)


def test_the_worst_mistakes_are_named_with_the_command_that_opens_them(entries):
    never = next(e for e in entries if e.detector == "never alarm" and e.split == "seen")
    found = worst(never.runs, 3)
    assert [m.what for m in found] == ["miss"] * 3
    assert found[0].command == f"forewarn bench --run {found[0].name}"
    always = next(e for e in entries if e.detector == "always alarm" and e.split == "seen")
    assert {m.what for m in worst(always.runs)} == {"false alarm"}


def test_a_story_tells_every_look(runs):
    liar = next(run for run in runs if run.truth.deceptive)
    lines = story(liar)
    assert len(lines) == len(liar.looks)
    assert "latent-policy" in lines[-1][2]
