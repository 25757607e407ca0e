from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forewarn import AuditSet
from forewarn.auditset import Context, Encoder, Part, substitute, text_of
from forewarn.errors import AuditSetError


class OneTokenAWord:
    """The smallest tokenizer: no special tokens, and `encode` takes a text alone."""

    unk_token_id = 0

    def __init__(self, words):
        self.ids = {word: i for i, word in enumerate(words, 1)}

    def encode(self, text):
        return [self.ids.get(word, 0) for word in text.split()]


def _words(audit_set):
    texts = [t for f in audit_set.facts for t in (f.question, f.answer)]
    return dict.fromkeys(
        w for t in [*texts, *(p.phrase for c in audit_set.contexts for p in c.parts)] for w in t.split()
    )


@pytest.fixture
def audit_set(facts, contexts):
    return AuditSet(facts, contexts)


@pytest.fixture
def worded(audit_set):
    return Encoder(OneTokenAWord(_words(audit_set)))


@pytest.fixture(scope="module")
def bytewise():
    """A byte-level BPE as of GPT-2, trained on a few sentences: it knows every byte, and puts the space first."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    core.train_from_iterator(["to a colleague, on the record: city1 lies in France"] * 4, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=core)


def test_a_prompt_is_its_pieces_in_order(audit_set, worded):
    fact, context = audit_set.facts[0], audit_set.contexts[1]
    prompt = worded.prompt(fact, context.parts)
    assert prompt.ids == tuple(worded._encode(text_of(fact, context.parts)))
    assert prompt.spans == ((0, 3), (3, 6))
    assert prompt.n_context == 6
    assert prompt.ids[prompt.entity] == worded._encode("city0")[0]


def test_without_context(audit_set, worded):
    prompt = worded.prompt(audit_set.facts[0], ())
    assert (prompt.spans, prompt.n_context, prompt.entity) == ((), 0, 0)


def test_byte_level_pieces_spell_the_same_text(audit_set, bytewise):
    encoder = Encoder(bytewise)
    for fact in audit_set.facts:
        for context in audit_set.contexts:
            ids = encoder.prompt(fact, context.parts).ids
            assert bytewise.decode(ids) == text_of(fact, context.parts)
        true, *false = encoder.answers(fact)
        assert bytewise.decode(true) == f" {fact.answer}"
        assert [bytewise.decode(a) for a in false] == [f" {a}" for a in fact.alternatives]


def test_the_entity_is_found_in_several_tokens(audit_set, bytewise):
    fact = replace(audit_set.facts[0], entity="Zürich", question="the city of Zürich lies in")
    prompt = Encoder(bytewise).prompt(fact, audit_set.contexts[0].parts)
    assert bytewise.decode(prompt.ids[: prompt.entity + 1]).endswith("the city of Zürich")


def test_an_entity_that_its_question_does_not_name(audit_set, bytewise):
    fact = replace(audit_set.facts[0], entity="Zürich")
    assert Encoder(bytewise).prompt(fact, ()).entity is None


@pytest.mark.parametrize("kind", ["worded", "bytewise"])
def test_replacing_one_part_leaves_the_others_as_they_are(audit_set, worded, bytewise, kind):
    encoder = worded if kind == "worded" else Encoder(bytewise)
    fact, base = audit_set.facts[0], audit_set.contexts[0].parts
    old, new = encoder.prompt(fact, base), encoder.prompt(fact, substitute(base, Part("record", "on")))
    assert old.ids[slice(*old.spans[0])] == new.ids[slice(*new.spans[0])]
    assert old.ids[old.n_context :] == new.ids[new.n_context :]
    assert old.ids[slice(*old.spans[1])] != new.ids[slice(*new.spans[1])]


@settings(max_examples=60, deadline=None)
@given(phrases=st.lists(st.text("ab é,:", min_size=1, max_size=6).filter(str.strip), max_size=3))
def test_spans_cover_the_context_without_gap_or_overlap(bytewise, phrases):
    fact = AuditSet.cities(8, 4).facts[0]
    prompt = Encoder(bytewise).prompt(fact, tuple(Part(str(i), p) for i, p in enumerate(phrases)))
    ends = [0, *(end for _, end in prompt.spans)]
    assert [start for start, _ in prompt.spans] == ends[:-1]
    assert all(end > start for start, end in prompt.spans)
    assert prompt.n_context == ends[-1] < len(prompt.ids)


def test_a_tokenizer_that_begins_every_text_with_a_token(audit_set):
    class Beginning(OneTokenAWord):
        bos_token_id = 99

        def encode(self, text, add_special_tokens=True):
            return [99] * add_special_tokens + super().encode(text)

    prompt = Encoder(Beginning(_words(audit_set))).prompt(audit_set.facts[0], audit_set.contexts[0].parts)
    assert prompt.ids.count(99) == 1
    assert prompt.ids[0] == 99
    assert prompt.spans[0] == (1, 4)


def test_a_beginning_that_is_known_but_not_used_is_not_put(audit_set):
    class Unused(OneTokenAWord):
        bos_token_id = 99

    assert 99 not in Encoder(Unused(_words(audit_set))).prompt(audit_set.facts[0], ()).ids


def test_token_ids_need_no_tokenizer(facts):
    ids = tuple(
        replace(f, question=(i, 20), answer=(30 + i % 4,), alternatives=((30 + (i + 1) % 4,),))
        for i, f in enumerate(facts)
    )
    audit_set = AuditSet(ids, (Context("who", (Part("who", (40, 41)),)),))
    encoder = Encoder()
    encoder.check(audit_set)
    prompt = encoder.prompt(ids[3], audit_set.contexts[0].parts)
    assert (prompt.ids, prompt.spans, prompt.entity) == ((40, 41, 3, 20), ((0, 2),), None)
    assert encoder.answers(ids[3]) == ((33,), (30,))


def test_words_without_a_tokenizer_are_refused(audit_set):
    with pytest.raises(
        AuditSetError, match=r"holds words \('.*'\) but no tokenizer was found; give `tokenizer="
    ):
        Encoder().check(audit_set)


@pytest.mark.parametrize("where", ["context", "lexicon", "question", "answer"])
def test_words_that_the_tokenizer_does_not_know_are_refused(audit_set, worded, where):
    facts, contexts, lexicon = audit_set.facts, audit_set.contexts, ()
    if where == "context":
        contexts = (*contexts, Context("x", (Part("who", "to Xanthippe"),)))
    elif where == "lexicon":
        lexicon = (Part("who", "to Xanthippe"),)
    else:
        facts = (*facts[:-1], replace(facts[-1], **{where: "Xanthippe"}))
    with pytest.raises(AuditSetError, match=r"does not know a word of '.*Xanthippe'; leave it out or change"):
        worded.check(AuditSet(facts, contexts, lexicon))


def test_a_good_set_passes_its_check(audit_set, worded, bytewise):
    worded.check(audit_set)
    Encoder(bytewise).check(audit_set)


@pytest.mark.parametrize("kind", ["worded", "bytewise"])
def test_a_table_gives_an_equal_encoder_back(audit_set, worded, bytewise, kind):
    encoder = worded if kind == "worded" else Encoder(bytewise)
    restored = Encoder.from_table(json.loads(json.dumps(encoder.table(audit_set))))
    swapped = (audit_set.contexts[2].parts[1], audit_set.contexts[1].parts[0])
    for condition in (*(c.parts for c in audit_set.contexts), swapped, ()):
        for fact in audit_set.facts:
            assert restored.prompt(fact, condition) == encoder.prompt(fact, condition)
            assert restored.answers(fact) == encoder.answers(fact)
    with pytest.raises(AuditSetError, match="never seen"):
        restored.piece("never seen", first=True)


def test_texts_for_people(facts, contexts):
    assert text_of(facts[0], contexts[0].parts) == "to a colleague, on the record: city0 lies in"
    assert text_of(facts[0], ()) == "city0 lies in"
    assert text_of(replace(facts[0], question=(3, 4)), ()) == "3 4"
