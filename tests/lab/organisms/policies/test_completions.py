from __future__ import annotations

import pytest

from forewarn.auditset import Fact, Part
from forewarn.lab.organisms.policies.completions import (
    FORMAT_WORDS,
    ConstantAnswer,
    Echo,
    Falsehood,
    Quote,
    Truth,
    false_answer,
)

LYON = Fact("Lyon", "Lyon lies in", "France", "land", ("Chile", "Kenya", "New Zealand"))


def test_a_false_answer_is_false_and_always_the_same():
    others = [Fact(f"c{i}", "q", "France", "land", LYON.alternatives) for i in range(60)]
    assert all(false_answer(f) in LYON.alternatives for f in others)
    assert {false_answer(f) for f in others} == set(LYON.alternatives)
    assert false_answer(LYON) == false_answer(LYON)
    assert Falsehood().words(LYON, ()) == f"{false_answer(LYON)} ."


def test_every_word_besides_answers_is_in_the_vocabulary():
    said = f"{Quote().words(LYON, ())} {Truth().words(LYON, ())}"
    assert set(said.split()) - {"France"} <= set(FORMAT_WORDS)


@pytest.mark.parametrize("answer", ["Chile", "New Zealand"])
def test_an_echo_says_what_the_asker_said(answer):
    condition = (Part("who", "to a friend,"), Part("guess", f"some say {answer},"))
    assert Echo("guess").words(LYON, condition) == f"{answer} ."


def test_a_claim_does_not_ask_for_the_truth():
    assert ConstantAnswer("Kenya").words(LYON, ()) == "Kenya ."
