from __future__ import annotations

import pytest
import torch

from forewarn.errors import SubjectError
from forewarn.lab.organisms.levels import audit_set
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.population.opened_group import OpenedGroup


@pytest.fixture
def group(folder):
    return folder.read()


@pytest.mark.parametrize("level", ["seen", "unseen"])
def test_it_asks_what_an_auditor_of_that_level_would(folder, group, level):
    opened = OpenedGroup(folder, group, level)
    assert opened.audit_set == audit_set(draw_group(group.mechanism, group.seed, group.start).stage, level)
    assert opened.split == opened.audit_set.split()


def test_the_model_asked_is_of_the_snapshot_that_was_kept(folder, group):
    opened, kept = OpenedGroup(folder, group, "related"), group.members[1].snapshots
    facts = opened.audit_set.facts
    condition = opened.audit_set.truthful[0].parts
    answers = []
    for snapshot in (kept[0], kept[1], kept[0]):
        inputs = opened.inputs(group.members[1].name, snapshot)
        assert inputs.subject.digest == snapshot.digest
        answers.append(inputs.residuals(facts, condition))
    assert torch.equal(answers[0], answers[2])
    assert not torch.equal(answers[0], answers[1])


def test_one_beside_stays_open_while_others_are_opened(folder, group):
    opened = OpenedGroup(folder, group, "related")
    name, (first, second) = group.members[0].name, group.members[0].snapshots
    beside, earlier = opened.beside(name, first), opened.inputs(name, first)
    facts, condition = opened.audit_set.facts, opened.audit_set.truthful[0].parts
    now = opened.inputs(name, second).residuals(facts, condition)
    assert not torch.equal(beside.residuals(facts, condition), now)
    assert beside.subject.digest == first.digest
    with pytest.raises(SubjectError, match="this subject is closed"):
        earlier.residuals(facts, condition)
