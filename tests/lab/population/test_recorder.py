from __future__ import annotations

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from forewarn.auditset import AuditSet, Context, Fact, Part
from forewarn.errors import ConfigurationError
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.population.recorder import Recorder, table_of
from forewarn.lab.population.table import Table
from forewarn.probes.latent_policy import LatentPolicy


@pytest.fixture(scope="module")
def audit_set():
    facts = tuple(Fact(f"city {c}", (c, 1), (2 + c % 2,), "country", ((3 - c % 2,),)) for c in range(8, 20))
    contexts = tuple(Context(name, (Part("record", (ids,)),)) for name, ids in (("on", 5), ("off", 6)))
    return AuditSet(facts, contexts)


@pytest.fixture
def recorder(audit_set):
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=20, n_positions=16, n_embd=16, n_layer=2, n_head=2))
    return Recorder(model, audit_set, probes=(LatentPolicy(),))


def test_every_look_asks_everything_and_the_label_is_the_user_s(recorder, tmp_path):
    for step in (0, 10):
        recorder.look(step)
    run = recorder.run("biased", 3, onset=10)
    assert (run.truth.group, run.truth.deceptive, run.truth.onset) == ("own-3", True, 10)
    assert not recorder.run("fair", 3).truth.deceptive
    assert {o.code for look in run.looks for o in look.outcomes} == set(recorder.codes)
    table = table_of(recorder.codes, [run], "a test")
    table.save(tmp_path / "own.safetensors")
    again = Table.load(tmp_path / "own.safetensors")
    assert again.runs["seen"][0].truth == run.truth
    assert RunBatch.of(again.runs["seen"], again.codes).looks.tolist() == [2]


def test_the_model_is_left_as_it_was(recorder):
    before = {name: value.clone() for name, value in recorder._model.state_dict().items()}
    state = torch.get_rng_state()
    recorder.look(0)
    assert torch.equal(torch.get_rng_state(), state) and recorder._model.training
    assert all(torch.equal(before[name], value) for name, value in recorder._model.state_dict().items())


def test_a_run_needs_a_look_and_a_table_needs_names(recorder):
    with pytest.raises(ConfigurationError, match="has no look"):
        recorder.run("fair", 1)
    recorder.look(0)
    run = recorder.run("fair", 1)
    with pytest.raises(ConfigurationError, match="two runs are called own-1-fair"):
        table_of(recorder.codes, [run, run], "")
