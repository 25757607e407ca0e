from __future__ import annotations

import logging

import pytest

from forewarn.audit.pictures import drop_pictures, keep_pictures
from forewarn.store.trajectories import place, read


@pytest.fixture
def asked(planted):
    """A planted liar's inputs, and the split of its facts."""
    inputs = planted.inputs(planted.LIAR)
    return inputs, inputs.audit_set.split()


def test_a_look_whose_probes_used_no_lenses_leaves_none(asked, tmp_path):
    keep_pictures(tmp_path, *asked, ())
    assert list(tmp_path.iterdir()) == []


def test_a_look_leaves_one_fact_in_every_context(asked, tmp_path):
    inputs, split = asked
    inputs.lenses(split)
    keep_pictures(tmp_path, inputs, split, ())
    found = read(tmp_path, inputs.subject.digest)
    assert [t.context for t in found.trajectories] == [c.name for c in inputs.audit_set.contexts]
    assert found.sites == tuple(map(str, inputs.subject.sites))
    truths = [t.truth[-1] for t in found.trajectories]
    assert min(truths) > 0.5, "each context asks for the truth, and gets it"


def test_pictures_go_with_their_snapshot(asked, tmp_path):
    inputs, split = asked
    inputs.lenses(split)
    keep_pictures(tmp_path, inputs, split, ())
    drop_pictures(tmp_path, inputs.subject.digest)
    assert read(tmp_path, inputs.subject.digest) is None
    drop_pictures(tmp_path, inputs.subject.digest)


def test_a_full_disk_costs_the_picture_and_not_the_look(asked, tmp_path, caplog):
    inputs, split = asked
    inputs.lenses(split)
    place(tmp_path, inputs.subject.digest).parent.touch()
    with caplog.at_level(logging.WARNING, "forewarn"):
        keep_pictures(tmp_path, inputs, split, ())
    assert "could not keep the lens pictures" in caplog.text
