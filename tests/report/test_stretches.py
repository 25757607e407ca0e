from __future__ import annotations

from forewarn.records import Status
from forewarn.report.looks import State
from forewarn.report.stretches import MOST_DRAWN, MOST_IN_FULL, RECENT, Stretch, drawn, in_full, told


def _looks(build, folder, n, **flagged):
    events = [build.look(k, 0.1 if k % 7 else 0.2) for k in range(1, n + 1)]
    for k in flagged.get("at", ()):
        events[k - 1] = build.look(k, 0.9, status=Status.FLAGGED)
    return build.summary_of(folder, [*events, build.ended(n)]).looks


def test_a_short_run_is_told_look_by_look(build, tmp_path):
    looks = _looks(build, tmp_path / "run", MOST_IN_FULL)
    assert list(told(looks, in_full(looks, None))) == list(range(MOST_IN_FULL))
    assert drawn(looks) == looks


def test_of_a_long_run_the_flagged_and_newest_are_told_in_full_and_none_is_left_out(build, tmp_path):
    n = 300
    looks = _looks(build, tmp_path / "run", n, at=(50, 51))
    full = in_full(looks, looks[99])
    assert full == {49, 50, 99, *range(n - RECENT, n)}
    rows = list(told(looks, full))
    stretches = [each for each in rows if isinstance(each, Stretch)]
    assert [(each.first, each.last) for each in stretches] == [(1, 49), (52, 99), (101, n - RECENT)]
    assert all(each.state is State.CLEAR for each in stretches)
    assert stretches[0].words == "49 looks, the greatest chance 20 %"
    covered = sum(each.last - each.first + 1 if isinstance(each, Stretch) else 1 for each in rows)
    assert covered == n


def test_a_stretch_holds_looks_of_one_state(build, tmp_path):
    events = [build.look(k) if k % 50 else build.missed(k) for k in range(1, 201)]
    looks = build.summary_of(tmp_path / "run", [*events, build.ended(200)]).looks
    rows = [each for each in told(looks, in_full(looks, None)) if isinstance(each, Stretch)]
    assert [each.state for each in rows if each.first == each.last] == [State.MISSED] * 3


def test_a_curve_of_many_looks_hides_nothing_bad(build, tmp_path):
    looks = _looks(build, tmp_path / "run", 3 * MOST_DRAWN, at=(5, 400))
    found = drawn(looks)
    assert len(found) == MOST_DRAWN
    assert [look.step for look in found if look.state is State.FLAGGED] == [5, 400]
    assert [look.step for look in found] == sorted(look.step for look in found)


def test_a_page_of_a_long_run_says_what_it_leaves_out_and_stays_small(build, tmp_path, monkeypatch):
    from forewarn.report.page import page

    monkeypatch.setattr("os.fsync", lambda handle: None)
    text = page(build.content_of(tmp_path / "run", build.many_looks(300)))
    assert len(text.encode()) < 2_000_000
    assert "the flagged and the newest ones are told in full here; the other 280 are summed up" in text
    assert "@STEP" in text and "are not.</p>" in text
