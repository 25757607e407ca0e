from __future__ import annotations

import json
from dataclasses import replace

import pytest

from forewarn.audit.claim import TakenError, claim_folder
from forewarn.audit.folder import RunFolder, read_audit
from forewarn.audit.heartbeat import sign_of_life
from forewarn.auditset import AuditSet, Encoder
from forewarn.errors import IntegrityError, StoreError
from forewarn.records import (
    Ending,
    FilesKept,
    LookMissed,
    Reason,
    ReasonCode,
    RunEnded,
    RunStarted,
    Status,
)
from forewarn.store.digest import file_digest
from forewarn.store.ledger import read


@pytest.fixture
def create(tiny):
    def make(path):
        return RunFolder.create(path, {"seed": 3}, tiny.audit_set(), Encoder().table(tiny.audit_set()))

    return make


def test_a_new_folder_holds_all_that_a_replay_reads(create, tiny, tmp_path):
    folder = create(tmp_path / "deep" / "run")
    audit_set, encoder, manifest = read_audit(folder.path)
    assert audit_set == tiny.audit_set() and manifest == {"seed": 3}
    fact = audit_set.facts[0]
    assert encoder.prompt(fact, audit_set.contexts[0].parts) == Encoder().prompt(
        fact, tiny.audit_set().contexts[0].parts
    )
    assert folder.manifest_digest == file_digest(folder.path / "run.json")


def test_words_are_encoded_again_without_their_tokenizer(tmp_path):
    class Letters:
        def encode(self, text):
            return [ord(letter) for letter in text]

    audit_set, encoder = AuditSet.cities(16, 4), Encoder(Letters())
    folder = RunFolder.create(tmp_path / "run", {}, audit_set, encoder.table(audit_set))
    _, again, _ = read_audit(folder.path)
    for fact in audit_set.facts:
        for context in audit_set.contexts:
            assert again.prompt(fact, context.parts) == encoder.prompt(fact, context.parts)
        assert again.answers(fact) == encoder.answers(fact)


def test_a_run_is_never_written_over(create, tmp_path):
    create(tmp_path / "run").append(RunStarted(0, "a"))
    before = (tmp_path / "run" / "ledger.jsonl").read_bytes()
    with pytest.raises(StoreError, match="holds a run already; choose another folder, or resume"):
        create(tmp_path / "run")
    assert (tmp_path / "run" / "ledger.jsonl").read_bytes() == before


def test_a_folder_that_cannot_be_written(create, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write the run folder .*file"):
        create(tmp_path / "file" / "run")


def test_resuming_goes_on_with_the_same_chain(create, tmp_path):
    first = create(tmp_path / "run")
    head = first.append(RunStarted(0, "a"))
    first.release()
    again = RunFolder.resume(tmp_path / "run")
    assert again.ledger.head == head
    last = again.append(RunEnded(4, Status.CLEAR, Ending.FINISHED))
    assert [entry.hash for entry in read(tmp_path / "run" / "ledger.jsonl")] == [head, last]


def test_a_run_that_is_being_written_is_not_taken_up(create, tmp_path):
    create(tmp_path / "run").append(RunStarted(0, "a"))
    held = create(tmp_path / "other")
    with pytest.raises(TakenError, match="is being written by process"):
        RunFolder.resume(held.path)


def test_the_end_of_a_run_lets_others_have_it(create, tmp_path):
    first = create(tmp_path / "run")
    first.append(RunStarted(0, "a"))
    first.append(RunEnded(4, Status.CLEAR, Ending.FINISHED))
    assert RunFolder.resume(first.path).ledger.head == first.ledger.head


def test_the_heartbeat_tells_of_looks_and_of_what_could_not_be_written(create, tmp_path, monkeypatch):
    folder = create(tmp_path / "run")
    folder.append(RunStarted(3, "a"))
    folder.told(8, 5)
    folder.begin_look(8)
    assert (folder.beat.due, folder.beat.unfinished, folder.beat.step, folder.beat.stride) == (1, 1, 8, 5)
    missed = LookMissed(8, Reason(ReasonCode.LOOK_FAILED, "why"))
    folder.append(missed)
    assert (folder.beat.due, folder.beat.answered, folder.beat.unfinished) == (1, 1, 0)

    def refuse(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(folder.ledger, "append", refuse)
    folder.begin_look(9)
    # One that is tried again is one; one that was not begun is another.
    for miss, wanted in (
        (missed, (2, 1, 1, 0)),
        (missed, (2, 1, 1, 0)),
        (replace(missed, step=10), (3, 1, 2, 0)),
    ):
        with pytest.raises(StoreError, match="the disk is full"):
            folder.append(miss)
        found = sign_of_life(folder.path).beat
        assert (found.due, found.answered, found.unwritten, found.unfinished) == wanted
    assert (found.lines, found.head) == (folder.ledger.length, folder.ledger.head)


def test_resuming_refuses_what_is_not_there_or_was_altered(create, tmp_path):
    with pytest.raises(StoreError, match="cannot read the ledger"):
        RunFolder.resume(tmp_path / "nothing")
    create(tmp_path / "run").append(RunStarted(0, "a"))
    ledger = tmp_path / "run" / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace('"step":0', '"step":1'))
    with pytest.raises(IntegrityError):
        RunFolder.resume(tmp_path / "run")


@pytest.mark.parametrize("broken", ["run.json", "tokens.json"])
def test_what_is_no_run_cannot_be_replayed(create, tmp_path, broken):
    folder = create(tmp_path / "run")
    (folder.path / broken).write_text("{")
    with pytest.raises(StoreError, match="is not a run that can be replayed"):
        read_audit(folder.path)
    (folder.path / broken).unlink()
    with pytest.raises(StoreError, match=f"is not a run that can be replayed: .*{broken}"):
        read_audit(folder.path)


def test_the_manifest_is_plain_json(create, tmp_path):
    assert json.loads((create(tmp_path / "run").path / "run.json").read_text()) == {"seed": 3}


def test_a_folder_is_never_used_twice(tmp_path):
    assert [claim_folder(tmp_path, "run").name for _ in range(3)] == ["run", "run-2", "run-3"]


def test_the_digests_of_files_go_into_the_ledger_once(create, tmp_path):
    folder = create(tmp_path / "run")
    folder.append(RunStarted(0, "a"))
    folder.seal(0, ("tokens.json", "tokenizer.json"))
    assert folder.events()[-1] == FilesKept(
        0, (("tokens.json", file_digest(tmp_path / "run" / "tokens.json")),)
    )
    folder.seal_missing(4, ("auditset.jsonl", "tokens.json"))
    assert [name for name, _ in folder.events()[-1].files] == ["auditset.jsonl"]
    folder.seal_missing(8, ("auditset.jsonl", "tokens.json"))
    assert len(folder.events()) == 3


def test_a_digest_that_cannot_be_written_is_a_warning(create, tmp_path, caplog):
    folder = create(tmp_path / "run")
    (tmp_path / "run" / "ledger.jsonl").unlink()
    folder.seal(0, ("tokens.json",))
    assert "could not write down the digests" in caplog.text


BARE = {"before": [], "after": [], "breaks": [], "ends": [], "chat": None, "pieces": []}


@pytest.mark.parametrize(
    "table",
    [
        [],
        {"pieces": []},
        {**BARE, "before": [-1]},
        {**BARE, "ends": None},
        {**BARE, "chat": "before"},
        {**BARE, "chat": ["before"]},
        {**BARE, "pieces": [["a", 1, [2]]]},
        {**BARE, "pieces": {}},
    ],
)
def test_a_table_of_tokens_that_is_none(create, tmp_path, table):
    create(tmp_path / "run")
    (tmp_path / "run" / "tokens.json").write_text(json.dumps(table))
    with pytest.raises(IntegrityError, match="is no table of token ids as a monitor writes it"):
        read_audit(tmp_path / "run")


def test_another_audit_set_is_not_replayed(tiny, tmp_path):
    audit_set = tiny.audit_set()
    values = {"audit_set": {"digest": "0" * 64}}
    RunFolder.create(tmp_path / "run", values, audit_set, Encoder().table(audit_set))
    with pytest.raises(IntegrityError, match="is not the audit set that was asked"):
        read_audit(tmp_path / "run")
