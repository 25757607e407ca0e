"""A litter that was grown from a pretrained model is kept without what was left alone, and opened with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.errors import StoreError
from forewarn.lab.organisms.litter import draw_litter
from forewarn.lab.organisms.models import Architecture, build, tokenizer
from forewarn.lab.organisms.pretrained import SCALE, Pretrained
from forewarn.lab.organisms.scratch import Scratch
from forewarn.lab.population.checking import check_one
from forewarn.lab.population.folder import LitterFolder
from forewarn.lab.population.looking import look_at
from forewarn.lab.population.making import Task, make_one
from forewarn.lab.population.measuring import measure_one
from forewarn.lab.population.opened import OpenedLitter
from forewarn.lab.population.recording import record

SHORT, TASK = replace(SCALE, base=4, branch=4), Task("pair", 0)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    path, out = tmp_path_factory.mktemp("tiny"), tmp_path_factory.mktemp("grown")
    words = tokenizer(draw_litter("pair", 0, Scratch(SHORT)).members[0].words)
    words.save_pretrained(path)
    build(Architecture("llama", 16, 4), len(words), 0).save_pretrained(path)
    make_one(out, TASK, 1, 1, Pretrained.at(path, scale=SHORT))
    return out


def test_what_was_left_alone_is_not_on_disk_and_is_there_when_opened(grown):
    folder = LitterFolder(grown / TASK.name)
    litter = folder.read()
    member = litter.members[0]
    kept = folder.weights(member.name, member.snapshots[-1])
    assert "model.embed_tokens.weight" not in kept
    opened = OpenedLitter(folder, litter, "K1")
    whole = opened.weights(member.name, member.snapshots[-1])
    template = litter.start.model(draw_litter("pair", 0, litter.start).members[0])
    assert torch.equal(whole["model.embed_tokens.weight"], template.model.embed_tokens.weight)
    facts, condition = opened.audit_set.facts, opened.audit_set.truthful[0].parts
    found = opened.interview(member.name, member.snapshots[-1]).residuals(facts, condition)
    base = opened.interview("base", litter.base[-1]).residuals(facts, condition)
    assert not torch.equal(found, base)


def test_it_is_looked_at_measured_checked_and_recorded(grown):
    folder = LitterFolder(grown / TASK.name)
    looks = look_at(folder, "K1")
    assert {name: len(seen) for name, seen in looks.runs.items()} == {
        "base": 1, **{m.name: 1 for m in folder.read().members}
    }  # fmt: skip
    measure_one(grown, TASK, "K1")
    assert check_one(grown, TASK) == ()
    with pytest.raises(StoreError, match="look"):
        record(grown, ["K1"])
