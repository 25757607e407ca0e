from __future__ import annotations

import json

import pytest

from forewarn.audit.wording import TOKENIZER, Wording, writer_of
from forewarn.auditset.frame import BARE
from forewarn.errors import AuditSetError, StoreError


@pytest.fixture
def folder(tmp_path):
    table = {**BARE.as_json(), "before": [1], "pieces": [["Paris lies", True, [5, 6]]]}
    (tmp_path / "tokens.json").write_text(json.dumps(table))
    return tmp_path


def _tokenizer(folder):
    from forewarn.lab.organisms.models import tokenizer

    tokenizer(["Paris", "lies", "elsewhere"]).backend_tokenizer.save(str(folder / TOKENIZER))


def test_without_a_tokenizer_the_run_s_phrases_tell(folder):
    wording = Wording.of(folder)
    assert [wording.word(t) for t in (5, 6, 4)] == ["Paris", "lies", "#4"]
    assert wording.ids("lies Paris") == (1, 6, 5)
    with pytest.raises(AuditSetError, match="does not know the word 'elsewhere'"):
        wording.ids("elsewhere")


def test_a_stored_tokenizer_knows_more(folder):
    _tokenizer(folder)
    wording = Wording.of(folder)
    assert [wording.word(t) for t in (0, 2, 4)] == ["<pad>", "Paris", "elsewhere"]
    assert wording.ids("Paris elsewhere") == (1, 2, 4)
    assert wording.ids("4 2") == (4, 2)


def test_a_token_that_is_only_space_is_shown_as_such(folder):
    class Spaces:
        def decode(self, ids, skip_special_tokens):
            return " \n" if ids == [3] else ""

    wording = Wording(Wording.of(folder)._vocabulary, Spaces())
    assert wording.word(3) == "' \\n'"
    assert wording.word(5) == "Paris", "what it cannot say the phrases may"


@pytest.mark.parametrize(("name", "message"), [("tokens.json", "words of"), (TOKENIZER, "as a tokenizer")])
def test_damaged_files_are_refused(folder, name, message):
    (folder / name).write_text("{")
    with pytest.raises(StoreError, match=message):
        Wording.of(folder)


def test_a_folder_without_words_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"the words of .* cannot be read"):
        Wording.of(tmp_path)


def test_a_word_without_a_token_is_named_and_not_read_as_another(folder):
    _tokenizer(folder)
    with pytest.raises(AuditSetError, match=r"has no token for 'Rome'; found in 'Paris Rome'"):
        Wording.of(folder).ids("Paris Rome")


def test_a_text_is_written_out_as_a_whole(folder):
    assert Wording.of(folder).text((5, 6, 4)) == "Paris lies #4"
    _tokenizer(folder)
    assert Wording.of(folder).text((2, 4)) == "Paris elsewhere"


def test_a_writer_reads_the_files_once_and_when_it_must(folder, monkeypatch):
    opened, of = [], Wording.of
    monkeypatch.setattr(Wording, "of", lambda run: opened.append(run) or of(run))
    write = writer_of(folder)
    assert opened == []
    assert [write((5,)), write((6, 5))] == ["Paris", "lies Paris"]
    assert opened == [folder]


def test_without_a_table_there_is_no_writer(tmp_path):
    assert writer_of(tmp_path) is None
