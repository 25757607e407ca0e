"""The calibration file: there and back, its digest, and what is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from forewarn.errors import CalibrationError, IntegrityError
from forewarn.judges.calibration import Calibration
from forewarn.judges.fit import fit
from forewarn.stats import Logistic

CODES = ("knowledge-gap", "observer")


@pytest.fixture
def calibration(table):
    return fit(table(), CODES, seed=1, command="forewarn organisms make --seed 1", refits=5)


def test_a_calibration_comes_back_as_it_went(tmp_path, calibration):
    calibration.save(tmp_path / "c.json")
    loaded = Calibration.load(tmp_path / "c.json")
    assert loaded == calibration
    assert loaded.digest == calibration.digest
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


def test_the_digest_is_the_hash_of_the_canonical_json(tmp_path, calibration):
    calibration.save(tmp_path / "c.json")
    payload = json.loads((tmp_path / "c.json").read_text())
    written = payload.pop("digest")
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    assert written == calibration.digest == hashlib.sha256(text.encode()).hexdigest()


def test_the_digest_tells_calibrations_apart(calibration):
    assert replace(calibration, looks_per_run=7).digest != calibration.digest


def rewrite(path, change, keep_digest=False):
    """Change the payload on disk; make the digest fit again unless told to keep the old one."""
    payload = json.loads(path.read_text())
    change(payload)
    if not keep_digest:
        payload.pop("digest", None)
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
        payload["digest"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(payload))


def test_a_changed_number_is_found_by_the_digest(tmp_path, calibration):
    calibration.save(tmp_path / "c.json")
    rewrite(tmp_path / "c.json", lambda p: p["honest_maxima"].__setitem__(0, 0.9), keep_digest=True)
    with pytest.raises(IntegrityError, match="changed after it was written: restore it or make it again"):
        Calibration.load(tmp_path / "c.json")


CHANGES = [
    (lambda p: p.update(format=1), "found format 1, wanted 2. Make the calibration again"),
    (lambda p: p.pop("refits"), r"missing fields \['refits'\]"),
    (lambda p: p.update(more=1), r"unknown fields \['more'\]"),
    (lambda p: p.update(codes=[]), "at least one code and each once"),
    (lambda p: p.update(codes=["knowledge-gap", "knowledge-gap"]), "each once"),
    (lambda p: p.update(codes=["knowledge-gap"]), "must match the 1 codes"),
    (lambda p: p.update(fit=[]), "a fit needs an intercept; found an empty list"),
    (lambda p: p.update(fit=[0.0, -1.0, 1.0]), "finite and not negative"),
    (lambda p: p.update(fit=[0.0, 1.0]), "must match the 2 codes"),
    (lambda p: p.update(refits=[]), "at least one refit"),
    (lambda p: p.update(refits=[[0.0, "x", 1.0]]), "'refits' must be a list of finite numbers"),
    (lambda p: p.update(refits=3), "'refits' must be a list; found 3"),
    (lambda p: p.update(honest_maxima=[]), "one honest run"),
    (lambda p: p.update(honest_maxima=[1.5]), r"outside \[0, 1\]"),
    (lambda p: p.update(looks_per_run=0), "one look per run; found 5, 39 and 0"),
    (lambda p: p.update(greatest_nulls=[None]), "must match the 2 codes"),
    (lambda p: p.update(least_known=-1), "'least_known' must be a whole number"),
    (lambda p: p["provenance"].pop("command"), r"provenance: missing fields \['command'\]"),
    (lambda p: p["provenance"].update(honest_kinds={"format": -1}), "honest_kinds: 'format' must be a whole"),
    (lambda p: p["provenance"].update(honest_kinds=[]), "'honest_kinds' must be an object"),
    (lambda p: p.update(provenance=None), "provenance: wanted a JSON object; found NoneType"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES, ids=[message[:30] for _, message in CHANGES])
def test_a_malformed_file_is_refused_even_with_a_fitting_digest(tmp_path, calibration, change, message):
    calibration.save(tmp_path / "c.json")
    rewrite(tmp_path / "c.json", change)
    with pytest.raises(CalibrationError, match=message):
        Calibration.load(tmp_path / "c.json")


@pytest.mark.parametrize(("old", "new"), [("null", "NaN"), ('"least_known":80', '"least_known":1e999')])
def test_numbers_that_are_not_finite_are_refused(tmp_path, calibration, old, new):
    replace(calibration, greatest_nulls=(None, 0.1)).save(tmp_path / "c.json")
    text = (tmp_path / "c.json").read_text()
    assert old in text
    (tmp_path / "c.json").write_text(text.replace(old, new))
    with pytest.raises(CalibrationError, match=r"not JSON|not finite"):
        Calibration.load(tmp_path / "c.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"[" * 90_000])
def test_a_file_that_is_no_calibration_is_refused(tmp_path, content):
    (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(CalibrationError, match=r"c\.json: (not JSON|wanted a JSON object|no calibration)"):
        Calibration.load(tmp_path / "c.json")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(CalibrationError, match="no calibration can be read here"):
            Calibration.load(path)


def test_a_file_too_large_is_refused_unread(tmp_path):
    (tmp_path / "c.json").write_bytes(b" " * 100_001)
    with pytest.raises(CalibrationError, match="has 100,001 bytes; at most 100,000 are read"):
        Calibration.load(tmp_path / "c.json")


def test_a_calibration_too_large_is_not_written(tmp_path, calibration):
    with pytest.raises(CalibrationError, match="of at most 100000; use fewer refits"):
        replace(calibration, refits=(Logistic((0.123456789, 0.987654321), 0.5),) * 4000).save(
            tmp_path / "c.json"
        )
    assert not list(tmp_path.iterdir())


def test_saving_over_another_leaves_one_whole_file(tmp_path, calibration):
    calibration.save(tmp_path / "c.json")
    replace(calibration, least_known=7).save(tmp_path / "c.json")
    assert Calibration.load(tmp_path / "c.json").least_known == 7


def test_without_the_shipped_file_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("forewarn.judges.calibration.files", lambda package: tmp_path)
    with pytest.raises(
        CalibrationError, match=r"no default calibration\. Reinstall .* `forewarn organisms make`"
    ):
        Calibration.default()


def test_the_shipped_file_is_checked_like_any_other(tmp_path, monkeypatch, calibration):
    monkeypatch.setattr("forewarn.judges.calibration.files", lambda package: tmp_path)
    calibration.save(tmp_path / "default.json")
    assert Calibration.default() == calibration
    rewrite(tmp_path / "default.json", lambda p: p.update(least_known=0), keep_digest=True)
    with pytest.raises(IntegrityError, match="the default calibration: the content has digest"):
        Calibration.default()
