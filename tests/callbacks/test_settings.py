"""What a restart may change, and what would promise less."""

from __future__ import annotations

import pytest

from forewarn.callbacks.settings import changes, in_force, settings_of, weakens
from forewarn.records import SettingChange, SettingsChanged
from forewarn.schedules import At, EveryNSteps, Geometric, as_plain

EVERY_100 = as_plain(EveryNSteps(100))


@pytest.mark.parametrize(
    ("setting", "was", "now", "weaker"),
    [
        ("response", "halt", "flag", True),
        ("response", "halt", "record", True),
        ("response", "flag", "halt", False),
        ("false_alarm", 0.05, 0.1, True),
        ("false_alarm", 0.05, 0.01, False),
        ("most_missed", 3, 4, True),
        ("most_missed", 3, 2, False),
        ("graceful_stop", False, True, True),
        ("graceful_stop", True, False, False),
        ("audit_set", "a" * 64, "b" * 64, True),
        ("probes", ["a", "b"], ["a"], True),
        ("probes", ["a"], ["b", "a"], False),
        ("schedule", EVERY_100, as_plain(EveryNSteps(101)), True),
        ("schedule", EVERY_100, as_plain(EveryNSteps(70)), False),
        ("schedule", as_plain(EveryNSteps(30_000)), as_plain(EveryNSteps(90_000)), True),
        ("schedule", EVERY_100, as_plain(Geometric()), True),
        ("schedule", EVERY_100, as_plain(At((5,))), True),
        ("schedule", EVERY_100, {"kind": "Own"}, False),
        ("seed", 0, 1, False),
        ("helper", "a", "b", False),
        ("keep_newest", 3, 1, False),
    ],
)
def test_what_promises_less(setting, was, now, weaker):
    assert weakens(SettingChange(setting, was, now), 40) is weaker


def test_what_differs_is_what_both_tell():
    was = {"response": "halt", "seed": 1, "model": None, "gone": 3}
    now = {"response": "flag", "seed": 1, "model": ["GPT", 2, 16, 24], "new": 4}
    assert changes(was, now) == (SettingChange("response", "halt", "flag"),)


def test_settings_in_force_are_those_after_all_changes():
    events = [SettingsChanged(4, 2, (SettingChange("seed", 0, 1),), False)]
    assert in_force({"seed": 0, "response": "halt"}, events) == {"seed": 1, "response": "halt"}


def test_a_manifest_that_tells_nothing_is_held_to_nothing():
    assert changes(settings_of({}), settings_of({})) == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (SettingChange("response", "halt", "flag"), "response halt → flag"),
        (SettingChange("audit_set", "a" * 64, "b" * 64), "audit_set aaaaaaaaaaaa → bbbbbbbbbbbb"),
        (
            SettingChange("schedule", EVERY_100, as_plain(At((5,)))),
            "schedule EveryNSteps(n=100, start=0) → At(steps=[5])",
        ),
        (SettingChange("probes", ["a", "b"], ["a"]), "probes [a, b] → [a]"),
    ],
)
def test_a_change_in_words(change, words):
    assert change.words == words
