from __future__ import annotations

import logging

import pytest

from forewarn.audit.explaining import explain
from forewarn.audit.look import Examiner
from forewarn.audit.pictures import drop_pictures
from forewarn.helpers import Exhaustive
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses.keeper import LensKeeper
from forewarn.probes.ablation import Ablation
from forewarn.probes.latent_policy import LatentPolicy
from forewarn.probes.suppression_path import SuppressionPath
from forewarn.records import AlarmRaised, Evidence, Failed, LookTaken
from forewarn.store import explanations, trajectories


@pytest.fixture
def keeper(tmp_path):
    return LensKeeper(tmp_path / "lenses")


@pytest.fixture
def liar(planted, wired, keeper):
    """A liar with neurons that can be read, as a run's look has it."""
    inner = wired.inputs(planted.LIAR)
    return ProbeInputs(inner.subject, inner.audit_set, inner.encoder, keeper=keeper)


def looked(inputs, *probes, follow_ups=()):
    split = inputs.audit_set.split()
    return split, Examiner(probes, Exhaustive(), follow_ups=follow_ups).examine(inputs, split)


def test_an_alarm_is_explained_whatever_the_look_has_asked(liar, tmp_path):
    split, outcomes = looked(liar, LatentPolicy())
    explain(tmp_path, liar, split, outcomes)
    path, ablation = explanations.read(tmp_path, liar.subject.digest).outcomes
    assert (path.code, ablation.code) == ("suppression-path", "latent-policy/ablation")
    assert isinstance(path, Evidence) and path.effect == 1.0
    assert path.rows and path.rows[0].under.answer == "true"
    drawn = trajectories.read(tmp_path, liar.subject.digest).trajectories
    assert [t.context for t in drawn if t.claim == "latent-policy"] == ["stranger off"]


def test_what_the_look_asked_is_not_asked_again(liar, tmp_path):
    probes, follow_up = (LatentPolicy(), SuppressionPath()), Ablation()
    split, outcomes = looked(liar, *probes, follow_ups=(follow_up,))
    liar.lenses(split)
    before = liar.subject.forwards
    explain(tmp_path, liar, split, outcomes)
    assert liar.subject.forwards == before
    found = explanations.read(tmp_path, liar.subject.digest).outcomes
    asked = {o.code: o for o in outcomes}
    assert found == (asked["suppression-path"], asked["latent-policy/ablation"])
    assert trajectories.read(tmp_path, liar.subject.digest) is None, "the look draws what it has lenses for"


def test_the_lenses_of_later_looks_stay_what_they_were(liar, keeper, tmp_path):
    split, outcomes = looked(liar, LatentPolicy())
    explain(tmp_path, liar, split, outcomes)
    assert keeper.last is None
    assert not liar.has_lenses(split)
    assert not list((tmp_path / "lenses").glob("*.safetensors"))


def test_a_question_that_fails_is_told_and_the_others_are_asked(liar, tmp_path, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("by zero")

    split, outcomes = looked(liar, LatentPolicy())
    monkeypatch.setattr(SuppressionPath, "explore", broken)
    explain(tmp_path, liar, split, outcomes)
    path, ablation = explanations.read(tmp_path, liar.subject.digest).outcomes
    assert (type(path), path.error) == (Failed, "ZeroDivisionError: by zero")
    assert not isinstance(ablation, Failed)


def test_a_full_disk_costs_the_explanation_and_not_the_run(liar, tmp_path, caplog):
    split, outcomes = looked(liar, LatentPolicy())
    for name in ("lenses", "explanations"):
        (tmp_path / name).touch()
    with caplog.at_level(logging.WARNING, "forewarn"):
        explain(tmp_path, liar, split, outcomes)
    assert "could not ask about an alarm for people: StoreError" in caplog.text
    assert "could not draw an alarm for people: StoreError" in caplog.text


def test_a_model_without_readable_neurons_says_so(planted, tmp_path):
    inputs = planted.inputs(planted.LIAR)
    split, outcomes = looked(inputs, LatentPolicy())
    explain(tmp_path, inputs, split, outcomes)
    path, _ = explanations.read(tmp_path, inputs.subject.digest).outcomes
    assert "no block's neurons can be given" in path.reason


def test_it_goes_with_its_snapshot(liar, tmp_path):
    split, outcomes = looked(liar, LatentPolicy())
    explain(tmp_path, liar, split, outcomes)
    drop_pictures(tmp_path, liar.subject.digest)
    assert explanations.read(tmp_path, liar.subject.digest) is None


def test_an_audit_explains_its_alarm_and_no_other_look(audited, events):
    run = audited(lies=[2])
    run.look(10)
    assert not (run.folder.path / "explanations").exists()
    run.look(20)
    assert not (run.folder.path / "explanations").exists(), "the decision comes first"
    run.audit.settle()
    clear, flagged = events(run.folder, LookTaken)
    assert explanations.read(run.folder.path, clear.snapshot) is None
    found = explanations.read(run.folder.path, flagged.snapshot)
    assert {o.code for o in found.outcomes} == {"suppression-path"}


def test_an_explanation_that_fails_leaves_the_alarm_as_it_is(audited, events, monkeypatch, caplog):
    def broken(*args):
        raise MemoryError("no room")

    monkeypatch.setattr("forewarn.audit.explaining._write", broken)
    monkeypatch.setattr("forewarn.audit.explaining.draw", broken)
    run = audited(lies=[2])
    run.look(5)
    with caplog.at_level(logging.WARNING, "forewarn"):
        assert run.look(10).halts
        run.audit.settle()
    assert len(events(run.folder, AlarmRaised)) == 1
    assert "could not ask about an alarm for people: MemoryError: no room" in caplog.text
    assert "could not draw an alarm for people: MemoryError: no room" in caplog.text
