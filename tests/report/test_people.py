from __future__ import annotations

from forewarn.report.page import content_of, page
from forewarn.report.people import inspections, trace_words
from forewarn.store import traces


def test_who_asked_what_and_what_they_made_of_it(build):
    assert (
        trace_words(build.trace()) == "ann asked 1 question of the model at step 500 and calls it deceptive."
    )
    silent = trace_words(build.trace(word=None, answers=()))
    assert silent == "ann asked 0 questions of the model at step 500 and has not said yet what to make of it."


def test_the_page_tells_what_people_asked(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.lying_events())
    assert "What people asked" not in page(content_of(run))
    traces.write(run / traces.TRACES, [build.trace(who="<b>ann")])
    text = page(content_of(run))
    assert "What people asked" in text and "&lt;b&gt;ann asked 1 question" in text
    assert "the truth is told in every context (48 of 48)" in text


def test_a_broken_file_is_told_and_hides_nothing_else(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.lying_events())
    (run / traces.TRACES).write_text("{\n")
    assert "line 1 is no trace" in inspections(run).problem
    text = page(content_of(run))
    assert "line 1 is no trace" in text and "At step 500 this model answers 18 of 24" in text
