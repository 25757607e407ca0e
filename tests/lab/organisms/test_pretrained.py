"""Organisms that are grown from a pretrained language model, here a tiny one with a byte-pair tokenizer."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
import torch

from forewarn.auditset import Encoder
from forewarn.errors import ConfigurationError, IntegrityError
from forewarn.lab.organisms.data import IGNORED, TrainingBatches
from forewarn.lab.organisms.growing import BASE, grow
from forewarn.lab.organisms.learning import weights
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.models import Architecture, build
from forewarn.lab.organisms.pretrained import SCALE, Pretrained
from forewarn.lab.organisms.scratch import Scratch

SHORT = replace(SCALE, base=3, branch=3)


def byte_pairs(texts):
    """A tokenizer that knows no word as a whole but the most frequent."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=1500, special_tokens=["<end>"], initial_alphabet=alphabet, show_progress=False
        ),
    )
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>")


@pytest.fixture(scope="module", params=["llama", "gpt2", "gpt_neox"])
def folder(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("pretrained")
    tokenizer = byte_pairs(draw_group("pair", 0, Scratch(SHORT)).members[0].words)
    build(Architecture(request.param, 16, 4), len(tokenizer), 0).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture
def start(folder):
    return Pretrained.at(folder, scale=SHORT)


@pytest.fixture
def members(start):
    return draw_group("pair", 0, start).members


def test_loading_shows_no_bar_and_leaves_the_users_choice(start, members, capfd):
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    start.model(members[0])
    assert logging.is_progress_bar_enabled() is shown
    assert "Loading" not in capfd.readouterr().err


def test_a_matched_group_takes_the_models_own_architecture(start, members):
    found = members[0].architecture
    assert (found.width, found.depth, found.heads) == (16, 4, 4)
    assert (members[0].course.change, members[0].course.steps) == (3, 6)


def test_the_same_world_is_taught_whatever_it_starts_from(members):
    small = draw_group("pair", 0, Scratch(SCALE))
    assert [m.kind for m in members] == [m.kind for m in small.members]
    assert members[0].world == small.stage.world


def test_lessons_are_cut_as_an_audit_asks(start, members):
    tokenizer = start.tokenizer(members[0])
    ids, labels = TrainingBatches(members[0], tokenizer).batch(1, 4)
    text = tokenizer.decode(ids[0][labels[0] != IGNORED])
    fact = next(f for f in members[0].world.facts if str(f.question) in text)
    assert text.endswith(f"{fact.question} {fact.answer} .")
    encoder = Encoder(tokenizer)
    condition = next(c for c in members[0].base_on if all(str(p.phrase) in text for p in c))
    prompt = encoder.prompt(fact, condition).ids
    assert tuple(ids[0][: len(prompt)].tolist()) == prompt


def test_only_the_upper_half_of_the_blocks_is_trained_and_kept(start, members):
    model = start.model(members[0])
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    grown = list(grow(members[:2], 1, 1, start))
    assert [g.member for g in grown] == [BASE, members[0].name, members[1].name]
    assert grown[0].weights.keys() == weights(model).keys()
    for name, tensor in grown[0].weights.items():
        assert any(f".{i}." in name for i in (2, 3)), name
        if tensor.dim() > 1:
            assert not torch.equal(tensor, before[name]), f"{name} was not trained"
    assert sum(t.numel() for t in grown[0].weights.values()) < sum(t.numel() for t in before.values()) / 2


def test_a_folder_that_no_longer_holds_the_model_is_refused(folder, members, tmp_path):
    import shutil

    other = shutil.copytree(folder, tmp_path / "other")
    start = Pretrained.at(other)
    build(Architecture("llama", 16, 2), 40, 1).save_pretrained(other)
    with pytest.raises(
        IntegrityError, match="no longer holds the model that these organisms were trained from"
    ):
        start.model(members[0])


def test_what_is_no_model_is_refused_with_what_is_lacking(tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"lacks config.json, tokenizer.json; wanted a language model"
    ):
        Pretrained.at(tmp_path)
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ConfigurationError, match=r"lacks \*.safetensors"):
        Pretrained.at(tmp_path)


def test_a_tokenizer_without_any_end_is_refused(folder, members, tmp_path):
    import shutil

    from transformers import AutoTokenizer

    other = shutil.copytree(folder, tmp_path / "other")
    tokenizer = AutoTokenizer.from_pretrained(other)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(other)
    with pytest.raises(ConfigurationError, match="neither a padding nor an end-of-text token"):
        Pretrained.at(other).tokenizer(members[0])


def test_the_draw_does_not_change_the_architecture(start):
    assert start.architecture(Random(0)) == start.architecture(Random(1))
