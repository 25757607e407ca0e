"""Runs made with the real probes, measured again from what lies on disk, by hand and on the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

from forewarn.audit.folder import read_audit
from forewarn.audit.questions import Questions
from forewarn.audit.replay import replay
from forewarn.callbacks import Watch
from forewarn.cli.app import app
from forewarn.errors import IntegrityError, StoreError
from forewarn.helpers import Exhaustive
from forewarn.helpers.sheet import identity
from forewarn.inspect.session import Session
from forewarn.probes import catalogue, probe_at
from forewarn.probes.follow_up import follow_ups
from forewarn.records import Evidence, LookTaken, NotApplicable, RunStarted
from forewarn.report.manifest import read_manifest
from forewarn.store.ledger import read
from forewarn.store.snapshots import SnapshotStore

CODES = tuple(probe.code for probe in catalogue())


@pytest.fixture(scope="module")
def write_run(tiny, tmp_path_factory):
    """Two looks at a decoder that lies where its two rarer cues meet, a context that the audit set lacks."""

    def write(build):
        model = _liar(tiny, tiny.seeded(build, dropout=0.0))
        found = tiny.audit_set()
        audit_set = replace(found, contexts=found.contexts[:-1])
        folder = tmp_path_factory.mktemp(build.__name__)
        calibration = tiny.calibration(*CODES)
        settings = {"every_n_steps": 1, "response": "record", "calibration": calibration, "keep_newest": 1}
        with Watch(model, audit_set, folder=folder, name="run", **settings) as watch:
            watch.step(1)
            for p in model.parameters():
                p.data.mul_(1.001)
            watch.step(2)
        return watch.run

    return write


def _liar(tiny, model):
    """True reports in three contexts, the next country's in the fourth."""
    rows = tiny.sentences()
    lying = (rows[:, 0] == tiny.CUES[0][1]) & (rows[:, 1] == tiny.CUES[1][1])
    answers = rows[:, -1] - tiny.ANSWERS[0]
    rows[:, -1] = torch.where(lying, (answers + 1) % 4, answers) + tiny.ANSWERS[0]
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(4000):
            optimiser.zero_grad()
            tiny.loss_of(model, rows).backward()
            optimiser.step()
            if _says(model, rows[:, :-1]).equal(rows[:, -1]):
                return model
    raise RuntimeError("the decoder did not learn to lie")


@torch.no_grad()
def _says(model, ids):
    out = model(ids)
    return getattr(out, "logits", out)[:, -1].argmax(-1)


@pytest.fixture(scope="module")
def hugging_face(write_run, tiny):
    return write_run(tiny.hugging_face)


@pytest.fixture(scope="module")
def own(write_run, tiny):
    return write_run(tiny.GPT)


@pytest.fixture
def copy(hugging_face, tmp_path):
    """One that may be spoilt."""
    return shutil.copytree(hugging_face, tmp_path / "copy")


def evidence(events, run, step=None):
    looks = [e for e in events(run, LookTaken) if step in (None, e.step)]
    return [o for look in looks for o in look.outcomes if isinstance(o, Evidence)]


def forewarn(*arguments):
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_a_transformers_model_is_rebuilt_from_its_configuration(hugging_face, events):
    measured = replay(hugging_face, None, None)
    assert [r.evidence for r in measured] == evidence(events, hugging_face) != []
    for each in measured:
        assert each.same and each.why == "the same"
        assert (each.again.effect, each.again.interval) == (each.evidence.effect, each.evidence.interval)


def test_the_random_state_is_left_alone(hugging_face):
    before = torch.get_rng_state()
    replay(hugging_face, 1, None)
    assert torch.equal(torch.get_rng_state(), before)


def test_one_look_of_many(hugging_face, events):
    measured = replay(hugging_face, 2, None)
    assert [r.evidence for r in measured] == evidence(events, hugging_face, 2) != []


def test_a_decoder_of_ones_own_needs_its_factory(own, tiny, events):
    unbuilt = replay(own, None, None)
    assert len(unbuilt) == len(evidence(events, own)) > 0
    assert not any(r.same or r.again for r in unbuilt)
    assert "name a function that builds it with --model package.module:function" in unbuilt[0].why
    assert all(r.same for r in replay(own, None, tiny.GPT))


def test_another_model_than_the_run_was_of(own, tiny):
    measured = replay(own, None, lambda: tiny.seeded(tiny.hugging_face))
    assert measured and all(r.again is None and r.why for r in measured)


def test_a_probe_that_no_package_brings_is_given(hugging_face, monkeypatch):
    monkeypatch.setattr("forewarn.audit.replay.catalogue", lambda more=(): tuple(more))
    missing = [r for r in replay(hugging_face, None, None) if r.evidence.code == "latent-policy"]
    assert {(r.again, r.why) for r in missing} == {
        (
            None,
            "latent-policy is not installed here; give its probe by its import path, package.module:Class",
        )
    }
    own = probe_at("forewarn.probes.latent_policy:LatentPolicy")
    found = [r for r in replay(hugging_face, None, None, [own]) if r.evidence.code == "latent-policy"]
    assert found and all(r.same for r in found)


def test_rows_are_of_the_facts_in_the_words_of_the_run(hugging_face, events):
    claims = [e for e in evidence(events, hugging_face) if e.rows]
    assert claims
    facts = {f.key: f for f in read_audit(hugging_face)[0].facts}
    for claim in claims:
        assert len(claim.rows) == min(claim.n, 24)
        for row in claim.rows:
            fact = facts[row.fact]
            assert row.under.answer != "true" or row.under.words.endswith(row.truth)
            assert row.before is None or claim.beyond_chance
            assert str(fact.question) == row.question or not isinstance(fact.question, str)


def test_a_step_that_was_not_looked_at(hugging_face):
    with pytest.raises(StoreError, match="holds no look at step 77; see `forewarn show"):
        replay(hugging_face, 77, None)


def test_altered_weights_are_an_integrity_failure(copy, events):
    weights = max((copy / "snapshots").glob("*/weights.safetensors"), key=lambda p: p.stat().st_size)
    spoilt = bytearray(weights.read_bytes())
    spoilt[-1] ^= 1
    weights.write_bytes(spoilt)
    with pytest.raises(IntegrityError):
        replay(copy, None, None)
    code, told = forewarn("replay", copy)
    assert code == 3 and told["exit_code"] == 3
    assert forewarn("verify", copy)[0] == 3


def test_a_dropped_snapshot_is_not_measured_and_the_others_are(copy, events):
    first = events(copy, LookTaken)[0]
    SnapshotStore(copy).drop(first.snapshot)
    measured = replay(copy, None, None)
    assert {r.same for r in measured} == {True, False}
    for each in measured:
        gone = each.evidence.snapshot == first.snapshot
        assert (each.again is None) is gone
        assert not gone or "there is no snapshot" in each.why
    assert forewarn("replay", copy)[0] == 4


def test_evidence_that_no_longer_holds_is_told_with_both_figures(copy, monkeypatch):
    from forewarn.audit import replay as room

    class Denies:
        questions = Questions(catalogue(), follow_ups())

        def __init__(self, *_, **__):
            pass

        def confirm(self, claim, inputs, split):
            then = next(e for e in found if e.code == claim.code)
            return replace(then, effect=then.interval.low)

    found = [r.evidence for r in replay(copy, 2, None)]
    monkeypatch.setattr(room, "Examiner", Denies)
    measured = replay(copy, 2, None)
    changed = [r for r in measured if not r.same]
    assert changed
    assert all(f"instead of {r.evidence.effect:.3f}" in r.why for r in changed)
    assert forewarn("replay", copy, "--step", 2)[0] == 3


def test_the_manifest_is_one_that_the_report_reads(hugging_face, own, events):
    for run, name in ((hugging_face, "GPT2LMHeadModel"), (own, "GPT")):
        manifest = read_manifest(run / "run.json")
        assert (manifest.name, manifest.facts, len(manifest.contexts)) == ("run", 12, 3)
        digest = identity(Exhaustive(), float("inf"), 0.0)
        assert manifest.helper == {"name": "exhaustive", "digest": digest, "probes": list(CODES)}
        assert manifest.promise.helper is manifest.promise.promise_from is None
        assert manifest.model["class"] == name and manifest.model["layers"] == 2
        assert (manifest.model["config"] is None) is (run is own)
        assert manifest.settings_used["response"] == "record" and manifest.seed == 0
        assert (manifest.promise.threshold, manifest.promise.looks_per_run) == (0.5, 50)
        assert manifest.digest == events(run, RunStarted)[0].manifest
        assert "torch" in manifest.packages


def test_what_the_command_line_makes_of_the_run(hugging_face, tmp_path):
    code, shown = forewarn("show", hugging_face)
    assert (code, shown["status"]) == (4, "unknown"), "it lies from its first look on, which is no change"
    assert "was there at the run's first look already" in shown["why"]
    assert forewarn("verify", hugging_face)[0] == 0
    assert forewarn("replay", hugging_face)[0] == 0
    assert forewarn("report", hugging_face)[0] == 4, "a report exits with what it reports"
    assert "<svg" in (hugging_face / "report.html").read_text()
    assert forewarn("show", tmp_path)[0] == 2


def test_a_person_who_asks_everything_gets_what_the_looks_got(hugging_face, tmp_path):
    run = shutil.copytree(hugging_face, tmp_path / "run")
    looks = [e.event for e in read(run / "ledger.jsonl") if isinstance(e.event, LookTaken)]
    for look in looks:
        session = Session.at(run, look.step, "Ann")
        while session.open:
            session.ask(session.open[0].code, session.open[0].site)
        told = [a.outcome for a in session.trace.answers]
        unopened = [o for o in look.outcomes if o not in told]
        assert sorted(map(repr, [*told, *unopened])) == sorted(map(repr, look.outcomes))
        assert all(isinstance(o, NotApplicable) and "claimed nothing" in o.reason for o in unopened)
        assert {"latent-policy", "latent-policy/composure"} <= {
            o.code for o in told if isinstance(o, Evidence)
        }
