from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys

import pytest

from forewarn.errors import IntegrityError, StoreError, SubjectError
from forewarn.inspect.opened import CONTEXTS, open_at
from forewarn.store.catalogue import Catalogue


def test_the_look_asked_for_is_opened(opened, run):
    assert opened.look.step == 300
    assert opened.subject.digest == opened.look.snapshot
    assert opened.subject.n_layers == 2


def test_without_a_step_the_flagged_look_is_opened(run, factory):
    assert open_at(run, None, factory).look.step == 300


def test_what_is_being_done_is_told(run, factory):
    told = []

    @contextlib.contextmanager
    def tell(what):
        told.append(what)
        yield

    open_at(run, 200, factory, tell)
    assert told == ["opening the snapshot of step 200"]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (100, r"retention removed the snapshot of step 100 of .*; snapshots are stored of steps 200, 300\."),
        (7, r"holds no look at step 7; snapshots are stored of steps 200, 300\."),
    ],
)
def test_what_is_not_stored_is_refused_with_what_is(run, factory, step, message):
    with pytest.raises(StoreError, match=message):
        open_at(run, step, factory)


def test_a_run_without_snapshots_says_so(write_run, factory, tmp_path):
    run = write_run(tmp_path / "run")
    shutil.rmtree(run / "snapshots")
    for step in (None, 200):
        with pytest.raises(StoreError, match="no snapshot is stored"):
            open_at(run, step, factory)


def test_a_model_of_one_s_own_must_be_named(run):
    with pytest.raises(StoreError, match="name a function that builds it with --model"):
        open_at(run, 300)


def test_another_model_is_refused(run, planted):
    with pytest.raises(SubjectError):
        open_at(run, 300, lambda: planted.model(planted.LIAR))


def test_an_altered_snapshot_is_refused(write_run, factory, tmp_path):
    run = write_run(tmp_path / "run")
    for path in (run / "snapshots").rglob("weights.safetensors"):
        path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(IntegrityError):
        open_at(run, 300, factory)


def test_contexts_are_explore_facts_in_every_context(opened):
    found = opened.contexts()
    assert len(found) == CONTEXTS
    facts, contexts = opened.stored.split.explore, opened.inputs.audit_set.contexts
    encoder = opened.inputs.encoder
    assert list(found[1]) == list(encoder.prompt(facts[0], contexts[1].parts).ids)
    confirm = {encoder.prompt(f, c.parts).ids for f in opened.stored.split.confirm for c in contexts}
    assert not confirm & set(found)


def test_there_is_a_snapshot_less_than_there_were_looks(run):
    assert [s.step for s in Catalogue(run).list()] == [200, 300]


def test_the_snapshot_of_the_look_before_is_open_too_where_it_is_stored(run, factory):
    before, at = open_at(run, 200, factory), open_at(run, 300, factory)
    assert at.inputs.earlier.digest == before.look.snapshot
    assert before.inputs.earlier is None


def test_a_notebook_shows_which_look_is_open(opened):
    assert repr(opened) == f"<Opened {opened.stored.run}@300, snapshot {opened.look.snapshot[:12]}>"
    assert "latent-policy" in opened._repr_html_() and "flagged" in opened._repr_html_()


def test_the_look_is_chosen_without_torch():
    code = (
        "import sys, forewarn.inspect.choosing, forewarn.inspect.questions; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
