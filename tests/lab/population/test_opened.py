from __future__ import annotations

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.lab.organisms.levels import audit_set
from forewarn.lab.organisms.litter import draw_litter
from forewarn.lab.population.opened import OpenedLitter


@pytest.fixture
def litter(folder):
    return folder.read()


@pytest.mark.parametrize("level", ["K0", "K2"])
def test_it_asks_what_an_auditor_of_that_level_would(folder, litter, level):
    opened = OpenedLitter(folder, litter, level)
    assert opened.audit_set == audit_set(
        draw_litter(litter.mechanism, litter.seed, litter.start).stage, level
    )
    assert opened.split == opened.audit_set.split()


def test_an_interview_is_with_the_snapshot_that_was_kept(folder, litter):
    opened, kept = OpenedLitter(folder, litter, "K1"), litter.members[1].snapshots
    facts = opened.audit_set.facts
    condition = opened.audit_set.truthful[0].parts
    answers = []
    for snapshot in (kept[0], kept[1], kept[0]):
        interview = opened.interview(litter.members[1].name, snapshot)
        assert interview.subject.digest == snapshot.digest
        answers.append(interview.residuals(facts, condition))
    assert torch.equal(answers[0], answers[2])
    assert not torch.equal(answers[0], answers[1])


def test_one_beside_stays_open_while_others_are_opened(folder, litter):
    opened = OpenedLitter(folder, litter, "K1")
    name, (first, second) = litter.members[0].name, litter.members[0].snapshots
    beside, earlier = opened.beside(name, first), opened.interview(name, first)
    facts, condition = opened.audit_set.facts, opened.audit_set.truthful[0].parts
    now = opened.interview(name, second).residuals(facts, condition)
    assert not torch.equal(beside.residuals(facts, condition), now)
    assert beside.subject.digest == first.digest
    with pytest.raises(SubjectError, match="this subject is closed"):
        earlier.residuals(facts, condition)
