from __future__ import annotations

import json
from hashlib import sha256

import pytest

from forewarn import __version__
from forewarn.errors import IntegrityError
from forewarn.report.manifest import OtherFormatError, ProbeEntry, read_manifest


def test_reads_what_the_audit_room_writes(build, tmp_path):
    manifest = build.manifest_of(tmp_path)
    assert manifest.name == "llama-outsider-unlogged"
    assert manifest.promise.honest_runs == 120
    assert manifest.promise.looks_per_run is None
    assert [context.licenses for context in manifest.contexts] == ["truth", "truth", "truth", "fiction"]
    assert manifest.digest == sha256((tmp_path / "run.json").read_bytes()).hexdigest()


def test_a_threshold_that_no_look_can_exceed_is_none(build, tmp_path):
    calibration = {**build.manifest_values()["calibration"], "threshold": float("inf"), "looks_per_run": 12}
    promise = build.manifest_of(tmp_path, calibration=calibration).promise
    assert promise.threshold is None
    assert promise.looks_per_run == 12


def test_probes_are_read_as_codes_and_as_objects(build, tmp_path):
    helper = {
        "name": "mine",
        "probes": ["observer", {"code": "flat-1", "title": "flattery", "unit": "share"}],
    }
    probes = build.manifest_of(tmp_path, helper=helper).probes
    assert probes == (ProbeEntry("observer"), ProbeEntry("flat-1", "flattery"))
    assert build.manifest_of(tmp_path, helper={"name": "mine"}).probes == ()


def test_questions_are_read_before_the_codes_of_the_helper(build, tmp_path):
    questions = [
        {"kind": "probe", "code": "flat-1", "title": "flattery", "behaviour": "flatters", "path": "a:B"},
        {"kind": "follow-up", "code": "composure", "title": "composure", "behaviour": "deceives"},
    ]
    manifest = build.manifest_of(tmp_path, questions=questions)
    assert manifest.probes[0] == ProbeEntry("flat-1", "flattery", "that the model flatters")
    assert manifest.chance == "that the model flatters", "a follow-up looks for what its claim is about"


@pytest.mark.parametrize(
    ("probe", "codes", "chance"),
    [
        ({"code": "flat-1"}, None, "that the model deceives"),
        ({"code": "flat-1", "property": "flattery"}, None, "of flattery"),
        ({"code": "flat-1", "behaviour": "flatters"}, None, "that the model flatters"),
        ({"code": "flat-1", "property": "flattery"}, ["observer"], "that the model deceives"),
    ],
)
def test_whose_chance_it_is_say_the_probes_that_the_judge_counts(build, tmp_path, probe, codes, chance):
    calibration = {**build.manifest_values()["calibration"], **({"codes": codes} if codes else {})}
    manifest = build.manifest_of(tmp_path, helper={"name": "x", "probes": [probe]}, calibration=calibration)
    assert manifest.chance == chance


def test_a_run_of_an_older_format_says_what_to_do(build, tmp_path):
    with pytest.raises(OtherFormatError, match=r"An older forewarn wrote this run: .*'forewarn==0\.0\.9'"):
        build.manifest_of(tmp_path, format=0, forewarn="0.0.9")
    with pytest.raises(OtherFormatError, match="An earlier state of forewarn wrote this run"):
        build.manifest_of(tmp_path, format=0, forewarn=__version__)


@pytest.mark.parametrize("key", ["name", "settings_used", "audit_set", "calibration", "model", "seed"])
def test_a_missing_key_is_named(build, tmp_path, key):
    values = build.manifest_values()
    del values[key]
    (tmp_path / "run.json").write_text(json.dumps(values))
    with pytest.raises(IntegrityError, match=rf"run\.json: '{key}' is missing.*restore it"):
        read_manifest(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 3}, "'name' should be a string; found 3"),
        ({"seed": "x"}, "'seed' should be a whole number or null; found \"x\""),
        ({"seed": True}, "'seed' should be a whole number or null; found true"),
        ({"model": []}, r"'model' should be an object; found \[\]"),
        (
            {"audit_set": {"digest": "a", "facts": 1, "contexts": [7]}},
            "in a context of 'audit_set', 'name' is missing",
        ),
        ({"calibration": {"digest": "a"}}, "in 'calibration', 'threshold' is missing"),
        ({"helper": {"probes": "observer"}}, "in 'helper', 'probes' should be a list or null"),
        ({"questions": [{"title": "x"}]}, "in a probe, 'code' is missing"),
        (
            {"format": 3},
            r"has format 3; this version of forewarn .* reads format 2\. A newer forewarn wrote this run: update",
        ),
    ],
)
def test_a_malformed_manifest_says_what_was_found_and_wanted(build, tmp_path, changes, message):
    with pytest.raises(IntegrityError, match=message):
        build.manifest_of(tmp_path, **changes)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[1]", b"null"])
def test_what_is_no_json_object_is_refused(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(IntegrityError, match="JSON"):
        read_manifest(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("chat", "told"), [(["<user>", "<model>"], "in the chat template"), (None, ""), ("absent", "")]
)
def test_how_the_model_was_asked(build, tmp_path, chat, told):
    used = {} if chat == "absent" else {"chat": chat}
    assert build.manifest_of(tmp_path, settings_used=used).asked == told
