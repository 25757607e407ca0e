from __future__ import annotations

import pytest

from forewarn.records.explanation import FORMAT, Explanation
from forewarn.report.explained import Explained, explained
from forewarn.report.page import content_of, page
from forewarn.store import explanations


@pytest.fixture
def run(build, tmp_path):
    return build.write_run(tmp_path / "run", build.lying_events())


def _explain(build, run, *outcomes):
    explanations.write(run, Explanation(FORMAT, build.look(500).snapshot, outcomes))


def test_what_the_look_holds_itself_is_not_told_again(build, run):
    path = build.nothing("suppression-path", "no neurons carry it")
    _explain(build, run, build.lie(), path)
    content = content_of(run)
    assert content.explained == Explained((path,))
    text = page(content)
    assert (
        "Asked for people after the alarm; no verdict rests on it" in text and "no neurons carry it" in text
    )


def test_without_an_explanation_nothing_is_said(run):
    content = content_of(run)
    assert content.explained == explained(run, None) == Explained()
    assert "Asked for people after the alarm" not in page(content)


def test_a_broken_file_is_told_and_hides_nothing_else(build, run):
    _explain(build, run)
    explanations.place(run, build.look(500).snapshot).write_text("{")
    text = page(content_of(run))
    assert "an explanation" in content_of(run).explained.problem
    assert "At step 500 this model answers 18 of 24" in text
