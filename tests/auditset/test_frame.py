from __future__ import annotations

from types import SimpleNamespace

import pytest

from forewarn import AuditSet
from forewarn.auditset import Answer, Encoder
from forewarn.auditset.frame import BARE, Frame, has_chat
from forewarn.errors import AuditSetError

TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
WITH_SYSTEM = "<|system|>\nBe brief.<|end|>\n" + TEMPLATE
SPECIAL = ["<|user|>", "<|assistant|>", "<|system|>", "<|end|>"]


@pytest.fixture(scope="module")
def chatty():
    """A byte-level BPE with a chat template, as of instructed models."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=330, initial_alphabet=alphabet, special_tokens=SPECIAL, show_progress=False
    )
    core.train_from_iterator(["to a colleague, on the record: city1 lies in France\nFrance"] * 4, trainer)

    def make(template=TEMPLATE):
        made = PreTrainedTokenizerFast(
            tokenizer_object=core, eos_token="<|end|>", additional_special_tokens=SPECIAL[:3]
        )
        made.chat_template = template
        return made

    return make


@pytest.fixture
def audit_set(facts, contexts):
    return AuditSet(facts, contexts)


@pytest.mark.parametrize("template", [TEMPLATE, WITH_SYSTEM], ids=["user alone", "with a system message"])
def test_a_prompt_in_a_chat_is_what_the_template_renders(chatty, audit_set, template):
    tokenizer = chatty(template)
    encoder = Encoder(tokenizer, Frame.of_chat(tokenizer))
    fact, context = audit_set.facts[0], audit_set.contexts[1]
    said = "to a stranger, on the record: city0 lies in"
    turns = [{"role": "user", "content": said}]
    whole = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    prompt = encoder.prompt(fact, context.parts)
    assert tokenizer.decode(prompt.ids) == whole
    assert list(prompt.ids) == tokenizer.encode(whole, add_special_tokens=False)


def test_spans_and_entity_stand_inside_the_users_turn(chatty, audit_set):
    tokenizer = chatty()
    encoder = Encoder(tokenizer, Frame.of_chat(tokenizer))
    prompt = encoder.prompt(audit_set.facts[3], audit_set.contexts[0].parts)
    words = [tokenizer.decode(prompt.ids[a:b]) for a, b in prompt.spans]
    assert words == ["to a colleague,", " on the record:"]
    assert tokenizer.decode(prompt.ids[prompt.n_context : prompt.entity + 1]) == " city3"
    without = encoder.prompt(audit_set.facts[3], ())
    assert tokenizer.decode(without.ids[without.n_context : without.entity + 1]) == "city3"


def test_an_answer_begins_a_turn_without_a_space(chatty, audit_set):
    tokenizer = chatty()
    fact = audit_set.facts[0]
    framed, plain = Encoder(tokenizer, Frame.of_chat(tokenizer)), Encoder(tokenizer)
    assert tokenizer.decode(framed.answers(fact)[0]) == "France"
    assert tokenizer.decode(plain.answers(fact)[0]) == " France"


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("France<|end|>", Answer.TRUE),
        (" France<|end|>", Answer.TRUE),
        ("Chile", Answer.FALSE),
        ('"France"', Answer.TRUE),
        ("\nChile", Answer.FALSE),
        ("city0 lies in France.", Answer.TRUE),
        ("InFrance", Answer.OTHER),
    ],
)
@pytest.mark.parametrize("framed", [True, False], ids=["chat", "plain"])
def test_answers_are_read_with_and_without_a_space(chatty, audit_set, written, answer, framed):
    tokenizer = chatty()
    encoder = Encoder(tokenizer, Frame.of_chat(tokenizer) if framed else None)
    ids = tokenizer.encode(written, add_special_tokens=False)
    assert encoder.forms(audit_set.facts[0]).read(ids) is answer


def test_what_ends_an_answer_is_the_end_of_a_turn(chatty):
    tokenizer = chatty()
    names = {tokenizer.convert_ids_to_tokens(token) for token in Frame.of_chat(tokenizer).ends}
    assert names == {"<|end|>", "<|assistant|>"}
    assert Frame.plain(tokenizer).ends == frozenset()


def test_a_model_may_say_the_question_again_before_it_answers(chatty, audit_set):
    tokenizer = chatty()
    framed, plain = Encoder(tokenizer, Frame.of_chat(tokenizer)), Encoder(tokenizer)
    again = len(tokenizer.encode(" city0 lies in", add_special_tokens=False))
    assert framed.lead_in(audit_set.facts[0]) == plain.lead_in(audit_set.facts[0]) + again


def test_a_frame_goes_through_the_table_of_a_run(chatty, audit_set):
    tokenizer = chatty(WITH_SYSTEM)
    encoder = Encoder(tokenizer, Frame.of_chat(tokenizer))
    again = Encoder.from_table(encoder.table(audit_set))
    assert again.frame == encoder.frame
    for context in audit_set.contexts:
        fact = audit_set.facts[5]
        assert again.prompt(fact, context.parts) == encoder.prompt(fact, context.parts)
        assert again.forms(fact) == encoder.forms(fact)
    assert encoder.frame.chat == (
        "<|system|>\nBe brief.<|end|>\n<|user|>\n",
        "<|end|>\n<|assistant|>\n",
    )


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (None, "chat=True wants a tokenizer with a chat template; found"),
        ("{{ messages[0].content | upper }}", "changes or repeats what a user says"),
        ("{{ messages[0].content }} {{ messages[0].content }}", "changes or repeats what a user says"),
        ("no place for it", "changes or repeats what a user says"),
        (
            "{{ raise_exception('only tools') }}",
            r"cannot be used \(TemplateError: only tools\). Give chat=False",
        ),
        ("{{ strftime_now('%H:%M') }}{{ messages[0].content }}", None),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_with_what_to_do(chatty, template, says):
    if says is None:
        assert Frame.of_chat(chatty(template)).after == ()
        return
    with pytest.raises(AuditSetError, match=says):
        Frame.of_chat(chatty(template))


def test_without_a_template_nothing_is_a_chat(chatty):
    assert has_chat(chatty()) and not has_chat(chatty(None)) and not has_chat(None)
    assert not has_chat(SimpleNamespace(chat_template="x"))
    assert Frame.plain(None) == BARE
