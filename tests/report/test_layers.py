from __future__ import annotations

import re
from hashlib import sha256

import pytest

from forewarn.records import LookTaken
from forewarn.report.featured import featured_look
from forewarn.report.layers import drawn, layers_of, lead_words, quality_words
from forewarn.report.page import page, render
from forewarn.report.run import read_run
from forewarn.report.summary import summarise
from forewarn.store import trajectories as store


@pytest.fixture
def traced(build, tmp_path):
    """A flagged run in which every look kept its lens readings."""

    def make(events):
        run = build.write_run(tmp_path / "run", events)
        for event in events:
            if isinstance(event, LookTaken):
                store.write(run, build.trajectories(event.snapshot))
        return run

    return make


def _summary(run):
    opened = read_run(run)
    return summarise(opened.manifest, opened.entries)


def _layers(run):
    summary = _summary(run)
    return layers_of(run, summary, featured_look(summary))


def test_the_featured_look_is_drawn_in_full_and_the_others_once(build, traced):
    found = _layers(traced(build.flagged_events()))
    assert {each.look.step: len(each.pictures) for each in found} == {100: 1, 200: 1, 300: 1, 400: 1, 500: 2}


def test_prompts_of_a_claim_come_first(build):
    look = _summary_look(build)
    claims = [p.trajectory.claim for p in drawn(look, build.trajectories("e" * 64)).pictures]
    assert claims == ["latent-policy", ""]


def _summary_look(build):
    from forewarn.report.looks import looks_of

    return looks_of([build.look(500)])[0]


def test_only_looks_whose_snapshot_is_stored_have_pictures(build, traced):
    assert _layers(traced(build.dropped(build.flagged_events()))) == ()


def test_without_readings_there_is_no_section(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.flagged_events())
    assert _layers(run) == ()
    assert "Layer by layer" not in render(run).read_text(encoding="utf8")


def test_the_page_shows_them_and_says_what_they_are(build, traced):
    run = traced(build.flagged_events())
    text = render(run).read_text(encoding="utf8")
    assert "Where in the model" in text
    assert "the condition of a confirmed claim, latent-policy" in text
    assert "no verdict rests on them. The ledger holds their digests." in text
    assert f"forewarn inspect {run.resolve()}@500 --lens" in text
    assert text.count('<svg class="heat tuned"') == 6
    identifiers = re.findall(r' id="(heat-[^"]+)"', text)
    assert len(identifiers) == len(set(identifiers)) == 2 * 3 * 6
    first = render(run).read_bytes()
    assert render(run).read_bytes() == first


def test_a_damaged_file_is_told_and_the_report_still_written(build, traced):
    run = traced(build.flagged_events())
    store.place(run, sha256(b"500").hexdigest()).write_text("{}")
    text = render(run).read_text(encoding="utf8")
    assert "cannot be read as trajectories" in text and "delete it to go on without" in text
    assert text.count('<svg class="heat tuned"') == 4


def test_a_snapshot_with_a_strange_name_is_passed_over(build, tmp_path):
    look = build.look(100, snapshot="../../etc/passwd")
    assert _layers(build.write_run(tmp_path / "run", [look])) == ()


def test_the_lens_s_quality_is_told_at_the_middle_site(build):
    words = quality_words(build.trajectories("e" * 64))
    assert (
        "the tuned lens at resid2a is 0.31 nats from what the model finally says, the logit lens 0.93"
        in words
    )


def test_the_page_alone_is_as_before(build, tmp_path):
    assert 'svg class="heat' not in page(build.content_of(tmp_path, build.flagged_events()))


def test_up_to_where_the_truth_leads_is_told_in_a_sentence(build):
    sites = ("0", "1a", "1", "2a", "2", "3a", "3")
    assert lead_words(build.trajectory(), sites) == (
        "The true answer leads up to resid2 (70 %) and has lost to the false ones at resid3a (30 %)."
    )
    assert lead_words(build.trajectory(truth=(0.9,) * 7, falsehood=(0.1,) * 7), sites) == (
        "The true answer leads at the output, at resid3 (90 %)."
    )
    assert lead_words(build.trajectory(truth=(0.1,) * 7, falsehood=(0.9,) * 7), sites).startswith(
        "The true answer leads nowhere"
    )
    assert lead_words(build.trajectory(truth=None, falsehood=None), sites) == ""
