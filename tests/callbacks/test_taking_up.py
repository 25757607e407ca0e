from __future__ import annotations

import logging

from forewarn.audit.wording import TOKENIZER, Wording
from forewarn.auditset import AuditSet, Encoder, Fact
from forewarn.auditset.frame import BARE
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.callbacks.taking_up import Papers, begin, keep_tokenizer
from forewarn.lab.organisms.models import tokenizer


def test_a_fast_tokenizer_is_kept_and_tells_words(tmp_path):
    from tokenizers import Tokenizer

    words = tokenizer(["Lyon", "lies", "in"])
    keep_tokenizer(tmp_path, words)
    wording = Wording(
        Vocabulary.from_table({**BARE.as_json(), "pieces": []}),
        Tokenizer.from_file(str(tmp_path / TOKENIZER)),
    )
    assert [wording.word(words.encode(w)[0]) for w in ("Lyon", "in")] == ["Lyon", "in"]


def test_what_is_there_is_not_written_over(tmp_path):
    (tmp_path / TOKENIZER).write_text("mine")
    keep_tokenizer(tmp_path, tokenizer(["a"]))
    assert (tmp_path / TOKENIZER).read_text() == "mine"


def test_other_tokenizers_are_left_aside(tmp_path):
    keep_tokenizer(tmp_path, None)
    keep_tokenizer(tmp_path, object())
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_a_warning(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "forewarn"):
        keep_tokenizer(tmp_path / "gone", tokenizer(["a"]))
    assert "could not keep the tokenizer" in caplog.text


def test_the_ledger_begins_with_the_digests_of_what_the_run_is_begun_with(tmp_path):
    audit_set = AuditSet(tuple(Fact(f"i{k}", (k, 1), (2,), "r", ((5,),)) for k in range(10, 20)))
    papers = Papers(tmp_path / "run", {}, audit_set, Encoder().table(audit_set), tokenizer(["a"]))
    folder = begin(papers, 0)
    started, kept = folder.events()
    assert [name for name, _ in kept.files] == ["auditset.jsonl", "tokens.json", "tokenizer.json"]
    assert started.manifest == folder.manifest_digest
