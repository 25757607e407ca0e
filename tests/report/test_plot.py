from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forewarn.records import Status
from forewarn.report.looks import looks_of
from forewarn.report.plot import NARROW, WIDE, axes_for, describe, marks_of, pieces_of, plot


def _drawn(summary, frame=WIDE):
    return ElementTree.fromstring(plot(summary, frame))


def _classes(root, name):
    return [element for element in root.iter() if name in element.get("class", "").split()]


def test_the_drawing_is_well_formed_and_tells_itself(build, tmp_path):
    root = _drawn(build.summary_of(tmp_path, build.flagged_events()))
    ids = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    labels = root.get("aria-labelledby").split()
    assert [ids[label] is not None for label in labels] == [True, True]
    assert ids["curve-desc-wide"] == (
        "5 looks: 3 clear at steps 200, 300 and 400; 1 flagged at step 500; 1 unknown at step 100. "
        "The greatest chance that the model deceives is 97 %. The threshold is 83 %. "
        "The alarm spoke at step 500."
    )


def test_two_drawings_in_one_page_share_no_identifier(build, tmp_path):
    summary = build.summary_of(tmp_path, build.clear_events())
    wide, narrow = (set(re.findall(r' id="([^"]+)"', plot(summary, frame))) for frame in (WIDE, NARROW))
    assert wide and not wide & narrow


def test_threshold_and_alarm_are_drawn_where_they_are(build, tmp_path):
    summary = build.summary_of(tmp_path, build.flagged_events())
    root = _drawn(summary)
    axes = axes_for(summary.looks, summary.last_step, WIDE)
    (threshold,), (alarm,) = _classes(root, "threshold"), _classes(root, "alarm")
    assert float(threshold[0].get("y1")) == axes.y(0.83)
    assert float(alarm[0].get("x1")) == axes.x(500)


def test_without_threshold_alarm_or_looks_nothing_is_invented(build, tmp_path):
    calibration = {**build.manifest_values()["calibration"], "threshold": None}
    root = _drawn(build.summary_of(tmp_path, [], calibration=calibration))
    assert not any(_classes(root, name) for name in ("threshold", "alarm", "line", "clear"))
    assert "No look was taken." in ElementTree.tostring(root, encoding="unicode")


def test_the_curve_is_cut_at_unknown_and_missed_looks(build):
    events = [build.look(step) for step in (100, 200, 300)]
    events += [
        build.missed(400),
        build.look(500),
        build.look(600, 0.5, unknown="width 4096"),
        build.look(700),
    ]
    looks = looks_of(events)
    pieces = pieces_of(looks, marks_of(looks, axes_for(looks, 700, WIDE)))
    assert [len(piece) for piece in pieces] == [3, 1, 1]


def test_the_curve_is_cut_where_a_resumed_run_goes_back(build):
    looks = looks_of([build.look(step) for step in (100, 200, 300, 200, 300)])
    pieces = pieces_of(looks, marks_of(looks, axes_for(looks, 300, WIDE)))
    assert [len(piece) for piece in pieces] == [3, 2]


_KINDS = st.lists(
    st.sampled_from(["clear", "flagged", "unknown", "reserved", "failed", "missed"]), max_size=8
)


def _event(build, step, kind):
    makers = {
        "clear": lambda: build.look(step),
        "flagged": lambda: build.look(step, 0.95, status=Status.FLAGGED),
        "unknown": lambda: build.ignorant(step),
        "reserved": lambda: build.look(step, 0.02, unknown="outside the calibration"),
        "failed": lambda: build.look(step, 0.02, outcomes=[build.failed()]),
        "missed": lambda: build.missed(step),
    }
    return makers[kind]()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_KINDS)
def test_what_is_not_known_is_never_drawn_as_clear(build, tmp_path_factory, kinds):
    events = [_event(build, 100 * index + 100, kind) for index, kind in enumerate(kinds)]
    root = _drawn(build.summary_of(tmp_path_factory.mktemp("run"), events))
    lane = [mark.get("class") for mark in root.iter() if "translate" in mark.get("transform", "")]
    wanted = {"reserved": "unknown", "failed": "unknown"}
    assert lane == [wanted.get(kind, kind) for kind in kinds]
    assert len(_classes(root, "gap")) == sum(kind not in ("clear", "flagged") for kind in kinds)


@pytest.mark.parametrize("steps", [[5], [0, 1], range(0, 10**6, 500)])
def test_one_look_and_thousands_stay_inside_the_drawing(build, steps):
    looks = looks_of([build.look(step) for step in steps])
    marks = marks_of(looks, axes_for(looks, max(steps), WIDE))
    assert all(mark.left >= 48 and mark.left + mark.span <= WIDE.width - 14 + 0.01 for mark in marks)
    assert all(0 <= mark.y <= WIDE.height for mark in marks)


def test_hostile_reasons_are_escaped(build, tmp_path):
    markup = plot(build.summary_of(tmp_path, [build.missed(100, "</title><script>alert(1)</script>")]))
    ElementTree.fromstring(markup)
    assert "<script" not in markup


def test_description_of_nothing(build, tmp_path):
    assert describe(build.summary_of(tmp_path, [])) == "No look was taken."
