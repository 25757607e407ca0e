from __future__ import annotations

import json

import pytest

from forewarn.audit.folder import RunFolder
from forewarn.audit.reopening import StoredRun
from forewarn.auditset import Encoder
from forewarn.errors import StoreError
from forewarn.records import Interval, LookTaken, Reason, ReasonCode, Status, Verdict
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Stager, weights_of
from forewarn.subjects.opening import Opener

CLEAR = Verdict(0.1, Interval(0.0, 0.2), (), "c" * 64)
BLIND = Verdict(None, None, (Reason(ReasonCode.PROBE_FAILED, "as told"),), "c" * 64)


@pytest.fixture
def stored(tiny, tmp_path):
    """A run of two snapshots of a decoder of one's own, none of them looked at."""
    audit_set, encoder = tiny.audit_set(), Encoder()
    examples = [encoder.prompt(fact, ()).ids for fact in audit_set.facts[:4]]
    layout = Opener(tiny.seeded(tiny.GPT), examples).layout.as_json()
    values = {"seed": None, "model": {"layout": layout, "config": None}}
    folder = RunFolder.create(tmp_path / "run", values, audit_set, encoder.table(audit_set))
    digests = []
    for seed in (0, 1):
        frozen = Stager().freeze(weights_of(tiny.seeded(tiny.GPT, seed=seed)))
        digests.append(folder.snapshots.put(frozen, seed).digest)
        frozen.release()
    return StoredRun.open(folder.path, tiny.GPT), digests


def test_a_snapshot_and_the_one_before_are_open_at_once(stored):
    run, (first, second) = stored
    inputs = run.inputs(second, first)
    prompt = [run.encoder.prompt(run.audit_set.facts[0], ()).ids]
    before = inputs.earlier.logits(prompt)
    assert (inputs.subject.digest, inputs.earlier.digest) == (second, first)
    assert not inputs.subject.logits(prompt).equal(before)


def test_where_the_one_before_is_gone_there_is_none(stored):
    run, (first, second) = stored
    SnapshotStore(run.run).drop(first)
    assert run.inputs(second, first).earlier is None
    assert run.inputs(second).earlier is None


@pytest.fixture
def looked(tiny, stored):
    """The run with looks of these statuses, each at a snapshot of its own, and the snapshots' digests."""

    def build(*statuses):
        folder, digests = RunFolder.resume(stored[0].run), []
        for step, status in enumerate(statuses):
            frozen = Stager().freeze(weights_of(tiny.seeded(tiny.GPT, seed=step)))
            digests.append(folder.snapshots.put(frozen, step).digest)
            frozen.release()
            verdict = BLIND if status is Status.UNKNOWN else CLEAR
            folder.append(LookTaken(step, digests[-1], (), verdict, status, 9, 12, 0.1))
        return StoredRun.open(folder.path, tiny.GPT), digests

    return build


def test_the_last_clear_look_need_not_be_the_look_before(looked):
    statuses = (Status.CLEAR, Status.CLEAR, Status.UNKNOWN, Status.FLAGGED, Status.CLEAR)
    run, (_, clear, unknown, now, _) = looked(*statuses)
    inputs = run.inputs(now, unknown)
    assert inputs.earlier.digest == unknown
    assert inputs.last_clear.subject.digest == clear
    SnapshotStore(run.run).drop(clear)
    assert run.inputs(now, unknown).last_clear is None


def test_a_clear_look_before_is_the_last_clear_one(looked):
    run, (_, before, now) = looked(Status.UNKNOWN, Status.CLEAR, Status.CLEAR)
    assert run.inputs(now, before).last_clear.subject.digest == before


def test_without_a_clear_look_there_is_none_that_stands_for_it(looked):
    run, (before, now, _) = looked(Status.UNKNOWN, Status.UNKNOWN, Status.CLEAR)
    inputs = run.inputs(now, before)
    assert inputs.earlier.digest == before and inputs.last_clear is None


def test_reading_leaves_no_lens_behind(stored):
    """A lens stored by a reader would be the one that the run's next look begins from."""
    run, (first, _) = stored
    before = sorted(run.run.rglob("*"))
    inputs = run.inputs(first)
    lenses = inputs.lenses(run.split)
    assert lenses.digest == first and not run.has_lenses(first)
    assert sorted(run.run.rglob("*")) == before


def test_a_look_s_own_lenses_are_read(stored):
    run, (first, _) = stored
    folder = run.run / "lenses"
    folder.mkdir()
    (folder / f"{first}.json").write_text(json.dumps({"lenses": "f" * 64}))
    assert run.has_lenses(first)
    with pytest.raises(StoreError):
        run.inputs(first).lenses(run.split)


def test_without_a_seed_the_first_split_is_taken(stored):
    run, _ = stored
    assert run.split == run.audit_set.split(0)


def test_a_model_of_one_s_own_must_be_named(stored):
    run, (first, _) = stored
    with pytest.raises(StoreError, match="name a function that builds it with --model"):
        StoredRun.open(run.run).subject(first)
