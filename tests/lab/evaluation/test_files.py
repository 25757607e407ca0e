from __future__ import annotations

import json
import sys
from contextlib import nullcontext

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.evaluation.files import save
from forewarn.lab.evaluation.mistakes import looks_in_words, worst_mistakes
from forewarn.lab.evaluation.plots import draw
from forewarn.lab.evaluation.results import score_table
from forewarn.lab.population.table import Table


@pytest.fixture(scope="module")
def small(table):
    return Table(table.codes, {"related": table.runs["related"]}, (), "how")


@pytest.fixture(scope="module")
def made(small):
    return score_table(small, false_alarm=0.05, seeds=1, progress=lambda _: nullcontext())


@pytest.fixture(scope="module")
def entries(made):
    return made.entries


@pytest.mark.long
def test_a_scorecard_is_a_page_a_file_and_pictures(made, tmp_path):
    save(tmp_path, made, plots=True)
    page = (tmp_path / "scorecard.md").read_text()
    assert "## related cues (K1), new mechanism: 48 deceptive and 96 honest runs" in page
    assert "forewarn, exhaustive, by family" in page
    assert "| 12 |" in page
    assert json.loads((tmp_path / "scorecard.json").read_text())["false_alarm"] == 0.05
    pictures = sorted(path.name for path in tmp_path.glob("related-new-mechanism-*.svg"))
    assert pictures == [
        f"related-new-mechanism-{name}.svg" for name in ("families", "lead-time", "reliability", "trade-off")
    ]
    assert all("<svg" in path.read_text() for path in tmp_path.glob("*.svg"))


def test_without_matplotlib_there_is_a_reason_and_a_way_on(entries, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigurationError, match=r"forewarn\[lab\].*--no-plots"):
        draw(entries, "new runs", "related", tmp_path)


def test_the_worst_mistakes_are_named_with_the_command_that_opens_them(entries):
    never = next(e for e in entries if e.detector == "never alarm" and e.split == "new runs")
    found = worst_mistakes(never.runs, 3)
    assert [m.kind for m in found] == ["miss"] * 3
    assert found[0].command == f"forewarn bench --run {found[0].name}"
    always = next(e for e in entries if e.detector == "always alarm" and e.split == "new runs")
    assert {m.kind for m in worst_mistakes(always.runs)} == {"false alarm"}


def test_every_look_of_a_run_has_a_row(runs):
    liar = next(run for run in runs if run.truth.deceptive)
    lines = looks_in_words(liar)
    assert len(lines) == len(liar.looks)
    assert "latent-policy" in lines[-1][2]
