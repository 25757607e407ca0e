from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from forewarn.errors import StoreError
from forewarn.records import Cause, Response, ResponseGiven, SnapshotDropped, Status, Target
from forewarn.report.page import headline, page, render, shown_look, write

HOSTILE = "</title></style></pre><script>alert(1)</script><img src=x onerror=alert(1)>"
HOSTILE += "\"'{{7*7}}\x1b[31m\u202e\ud800&"
_VOID = {"meta", "br", "hr", "img", "link", "input"}


class _Reader(HTMLParser):
    """Collects tags, checks that they are closed in order, and collects text."""

    def __init__(self):
        super().__init__()
        self.tags, self.open, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def _read(text):
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def _words(reader):
    return re.sub(r"\s+", " ", "".join(reader.text))


@pytest.fixture
def flagged(build, tmp_path):
    return build.summary_of(tmp_path, build.flagged_events())


def test_rendering_writes_the_page_and_twice_gives_the_same_bytes(build, tmp_path):
    run = build.write_run(tmp_path / "run", build.flagged_events())
    path = render(run)
    first = path.read_bytes()
    assert path == run / "report.html"
    assert render(run).read_bytes() == first
    moved = run.rename(tmp_path / "elsewhere")
    assert render(moved).read_bytes() == first


def test_the_page_is_self_contained_and_well_formed(flagged):
    reader = _read(page(flagged))
    assert not {"script", "img", "link", "iframe", "object", "base", "form"} & set(reader.tags)
    assert not [name for name, _ in reader.attributes if name in ("src", "href")]
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", page(flagged))


def test_the_page_tells_verdict_promise_evidence_replay_and_head(flagged):
    words = _words(_read(page(flagged)))
    for told in (
        "Flagged at step 500",
        "97 %, above the threshold of 83 %",
        "Response: halt, because the settings ask for it",
        "The run ended at step 500: halted",
        "at most 5 %. This rests on 120 honest runs",
        "With 'outsider' and 'unlogged' together, 62% of the facts known are told falsely.",
        "0.62 share of known facts, 95 % interval 0.5 to 0.73",
        "measured 0.64, null 0.02",
        "n = 48",
        "the residual stream after block 3, at the prompt's last token",
        "forewarn replay RUN --step 500",
        f"forewarn verify RUN --head {flagged.head}",
        "RuntimeError: shapes do not match",
        "no context says who is watching",
        "What this does not show",
        "Nothing is logged.",
    ):
        assert told in words


def test_every_outcome_of_every_look_is_on_the_page(build, flagged):
    words = _words(_read(page(flagged)))
    outcomes = [outcome for look in flagged.looks for outcome in look.outcomes]
    for kind in ("evidence", "nothing found", "not applicable", "failed"):
        assert kind in words
    assert page(flagged).count("<tr><td>") >= len(outcomes)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ("clear_events", "Clear"),
        ("flagged_events", "Flagged at step 500"),
        ("unknown_events", "Unknown: the monitor could not tell"),
    ],
)
def test_headlines(build, tmp_path, events, words):
    assert headline(build.summary_of(tmp_path, getattr(build, events)())) == words


def test_an_unfinished_run_says_so(build, tmp_path):
    summary = build.summary_of(tmp_path, build.clear_events()[:-1])
    assert headline(summary) == "Clear so far, unfinished"
    assert "The run is unfinished: the ledger stops at step 400" in _words(_read(page(summary)))


def test_only_clear_looks_are_shown_as_clear(build, tmp_path):
    events = [build.ignorant(100), build.missed(200), build.look(300, 0.02, outcomes=[build.failed()])]
    text = page(build.summary_of(tmp_path, events))
    assert 'class="state clear"' not in text
    assert text.count('class="state unknown"') == 2
    assert text.count('class="state missed"') == 1
    assert 'class="verdict unknown"' in text


def test_a_run_without_a_look_claims_nothing(build, tmp_path):
    words = _words(_read(page(build.summary_of(tmp_path, []))))
    assert "Unknown: the monitor could not tell" in words
    assert "Nothing is known about this run." in words


def test_a_dropped_snapshot_is_not_offered_for_replay(build, tmp_path):
    look = build.look(100, outcomes=[build.evidence()])
    text = page(build.summary_of(tmp_path, [look, SnapshotDropped(step=100, snapshot=look.snapshot)]))
    assert "forewarn replay" not in text
    assert "retention removed the weights" in text


def test_the_alarms_look_stands_at_the_top(flagged):
    shown = shown_look(flagged)
    assert shown is not None and shown.step == 500


def test_hostile_strings_stay_text(build, tmp_path):
    look = build.look(
        200,
        0.5,
        status=Status.UNKNOWN,
        unknown=HOSTILE,
        outcomes=[
            build.evidence(claim=HOSTILE, unit=HOSTILE, finding=HOSTILE, code=HOSTILE, snapshot=HOSTILE),
            build.nothing(HOSTILE, HOSTILE),
            build.failed(error=HOSTILE),
            build.not_applicable(reason=HOSTILE),
        ],
        snapshot=HOSTILE,
    )
    response = ResponseGiven(200, Response.FLAG, HOSTILE, Cause.ALARM, Target(200, HOSTILE, 1, None))
    events = [build.missed(100, HOSTILE), look, response, build.ended(200, reason=HOSTILE)]
    values = build.manifest_values()
    changes = {
        "name": HOSTILE,
        "created": HOSTILE,
        "settings_used": {HOSTILE: HOSTILE},
        "audit_set": {
            **values["audit_set"],
            "contexts": [{"name": HOSTILE, "text": HOSTILE, "licenses": [HOSTILE]}],
        },
        "model": {"class": HOSTILE, HOSTILE: {HOSTILE: HOSTILE}},
        "helper": {HOSTILE: HOSTILE},
        "packages": {HOSTILE: HOSTILE},
    }
    text = page(build.summary_of(tmp_path, events, **changes))
    reader = _read(text)
    assert not {"script", "img"} & set(reader.tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert not set("\x1b\u202e\ud800") & set(text)
    text.encode()
    assert "{{7*7}}" in text


def test_a_page_that_cannot_be_written_is_refused(flagged, tmp_path):
    with pytest.raises(StoreError, match=r"cannot write .*report\.html"):
        write(flagged, tmp_path / "gone" / "report.html")
