"""A model that was taught in its chat template is asked in it, and one that was not is not."""

from __future__ import annotations

import logging

import pytest
import torch
from torch.nn import functional as F

from forewarn.auditset import AuditSet, Context, Fact, Part
from forewarn.auditset.encoding import Encoder
from forewarn.auditset.frame import Frame
from forewarn.callbacks.opening import open_model
from forewarn.instruments.probe_inputs import ProbeInputs

LANDS = ("France", "Chile", "Kenya", "Japan")
FACTS = tuple(
    Fact(f"city{i}", f"city{i} lies in", land, "land", tuple(x for x in LANDS if x != land))
    for i in range(12)
    for land in [LANDS[i % 4]]
)
AUDIT = AuditSet(
    FACTS,
    tuple(Context(name, (Part("place", words),)) for name, words in (("a", "at home,"), ("b", "at work,"))),
)
TEMPLATE = (
    "{% for m in messages %}<user> {{ m.content }} <end> {% endfor %}"
    "{% if add_generation_prompt %}<assistant> {% endif %}"
)
MARKS = ["<user>", "<assistant>", "<end>"]


@pytest.fixture(scope="module")
def chatty():
    """One token a word, and a template of three special tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = dict.fromkeys(" ".join(["at home, at work, lies in", *LANDS, *(f.entity for f in FACTS)]).split())
    core = Tokenizer(
        models.WordLevel({w: i for i, w in enumerate(["<unk>", *MARKS, *words])}, unk_token="<unk>")
    )
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(
        tokenizer_object=core, unk_token="<unk>", eos_token="<end>", additional_special_tokens=MARKS[:2]
    )
    made.chat_template = TEMPLATE
    return made


def taught(tokenizer, ways):
    """A small Llama that was taught the facts in these ways of asking."""
    from transformers import LlamaConfig, LlamaForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
        model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=24, **sizes))
        optimiser = torch.optim.Adam(model.parameters(), 1e-2)
        for _ in range(60):
            optimiser.zero_grad()
            for way in ways:
                rows = torch.tensor(
                    [(*way.prompt(f, c.parts).ids, *way.answers(f)[0]) for f in FACTS for c in AUDIT.contexts]
                )
                F.cross_entropy(model(rows[:, :-1]).logits[:, -1], rows[:, -1]).backward()
            optimiser.step()
    return model


@pytest.fixture(scope="module")
def models(chatty):
    framed, plain = Encoder(chatty, Frame.of_chat(chatty)), Encoder(chatty)
    return {
        "chat": taught(chatty, [framed]),
        "plain": taught(chatty, [plain]),
        "both": taught(chatty, [framed, plain]),
    }


def known(opened, model):
    assert opened.error is None
    inputs = ProbeInputs(opened.opener.open(None), AUDIT, opened.encoder)
    return len(inputs.known(FACTS))


@pytest.mark.parametrize(("made", "chat"), [("chat", True), ("plain", False), ("both", True)])
def test_a_model_is_asked_as_it_was_taught(models, chatty, made, chat, caplog):
    with caplog.at_level(logging.INFO, "forewarn"):
        opened = open_model(models[made], AUDIT, chatty, None)
    assert (opened.encoder.frame.chat is not None) is chat
    assert known(opened, models[made]) == 12
    assert (
        "forewarn asks in the chat template: 12 of 12 facts known in the chat template" in caplog.text
        or not chat
    )
    assert "Give chat=True or chat=False to decide." in caplog.text


@pytest.mark.parametrize("chat", [True, False])
def test_what_the_user_decides_is_done(models, chatty, chat):
    opened = open_model(models["chat"], AUDIT, chatty, None, chat)
    assert (opened.encoder.frame.chat is not None) is chat
    assert (known(opened, models["chat"]) == 12) is chat


def test_where_the_template_leaves_no_room_the_model_is_asked_in_plain_text(models, chatty):
    from forewarn.subjects.layout import Overrides

    longest = max(len(Encoder(chatty).prompt(f, c.parts).ids) for f in FACTS for c in AUDIT.contexts)
    opened = open_model(models["plain"], AUDIT, chatty, Overrides(max_length=longest + 4))
    assert opened.error is None and opened.encoder.frame.chat is None
    told = open_model(models["plain"], AUDIT, chatty, Overrides(max_length=longest + 4), True)
    assert "Shorten the contexts or the questions" in str(told.error)
