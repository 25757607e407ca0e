"""A matched group that was grown from a pretrained model is kept without what was left alone, opened with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.errors import StoreError
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.models import Architecture, build, tokenizer
from forewarn.lab.organisms.pretrained import SCALE, Pretrained
from forewarn.lab.organisms.scratch import Scratch
from forewarn.lab.population.checking import check_one
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.group_looks import look_at
from forewarn.lab.population.making import Task, make_one
from forewarn.lab.population.measuring import measure_one
from forewarn.lab.population.opened_group import OpenedGroup
from forewarn.lab.population.recording import record

SHORT, TASK = replace(SCALE, base=4, branch=4), Task("pair", 0)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    path, out = tmp_path_factory.mktemp("tiny"), tmp_path_factory.mktemp("grown")
    words = tokenizer(draw_group("pair", 0, Scratch(SHORT)).members[0].words)
    words.save_pretrained(path)
    build(Architecture("llama", 16, 4), len(words), 0).save_pretrained(path)
    make_one(out, TASK, 1, 1, Pretrained.at(path, scale=SHORT))
    return out


def test_what_was_left_alone_is_not_on_disk_and_is_there_when_opened(grown):
    folder = GroupFolder(grown / TASK.name)
    group = folder.read()
    member = group.members[0]
    kept = folder.weights(member.name, member.snapshots[-1])
    assert "model.embed_tokens.weight" not in kept
    opened = OpenedGroup(folder, group, "related")
    whole = opened.weights(member.name, member.snapshots[-1])
    template = group.start.model(draw_group("pair", 0, group.start).members[0])
    assert torch.equal(whole["model.embed_tokens.weight"], template.model.embed_tokens.weight)
    facts, condition = opened.audit_set.facts, opened.audit_set.truthful[0].parts
    found = opened.inputs(member.name, member.snapshots[-1]).residuals(facts, condition)
    base = opened.inputs("base", group.base[-1]).residuals(facts, condition)
    assert not torch.equal(found, base)


def test_it_is_looked_at_measured_checked_and_recorded(grown):
    folder = GroupFolder(grown / TASK.name)
    looks = look_at(folder, "related")
    assert {name: len(seen) for name, seen in looks.runs.items()} == {
        "base": 1, **{m.name: 1 for m in folder.read().members}
    }  # fmt: skip
    measure_one(grown, TASK, "related")
    assert check_one(grown, TASK) == ()
    with pytest.raises(StoreError, match="look"):
        record(grown, ["related"])
