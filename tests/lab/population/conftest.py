"""A matched group of one base and three members that is made within a second, because it learns nothing."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from forewarn.lab.organisms.scratch import SCALE, Scratch
from forewarn.lab.population import group_looks, making, measuring
from forewarn.lab.population.folder import GroupFolder
from forewarn.probes import Probe
from forewarn.probes.follow_up import FollowUp
from forewarn.records import Claim, Evidence, Interval, Nothing, Site, Work

TASK, SNAPSHOTS = making.Task("secret", 2), (1, 2)
SHORT = Scratch(replace(SCALE, base=6, branch=6))
"""Twelve steps."""


class Claims(Probe):
    """Claims something at block 1, and at block 2 of a run's first look; counts how often it is asked."""

    title, unit, shared = "claims", "share", (Work("search", 3.0),)

    def __init__(self, code):
        self.code, self.asked, self.broken = code, 0, False

    def sites(self, layout):
        return (Site(1, 0.5), Site(2, 1.0))

    def cost(self, inputs):
        return 1.0

    def explore(self, inputs, site, split):
        self.asked += 1
        if self.broken:
            raise RuntimeError("broken")
        if site.layer == 1 or inputs.earlier is None:
            return Claim(self.code, site, 0.5, "{}")
        return Nothing(self.code, site, "calm", 6)

    def confirm(self, inputs, claim, split):
        return confirmed(inputs, claim)


class Follows(FollowUp):
    """Confirms whatever A or B claims; counts how often it is asked."""

    code, title, unit, follows = "F", "follows", "share", ("A", "B")

    def __init__(self):
        self.asked, self.broken = 0, False

    def cost(self, inputs):
        return 2.0

    def pursue(self, inputs, evidence, split):
        self.asked += 1
        if self.broken:
            raise RuntimeError("broken")
        return Claim(self.code, evidence.site, 0.3, "{}")

    def confirm(self, inputs, claim, split):
        return confirmed(inputs, claim)


def confirmed(inputs, claim):
    """An effect that the snapshot decides."""
    digest = inputs.subject.digest
    effect, interval = int(digest[:4], 16) / 16**4, Interval(0.0, 1.0)
    return Evidence(
        claim.code, "a claim", claim.site, effect, "share", interval, 0.0, 9, claim.explored, "{}", digest
    )


@pytest.fixture
def made_up(monkeypatch):
    """Two probes and what follows them, in place of the catalogue."""
    sources = (Claims("A"), Claims("B"), Follows())
    monkeypatch.setattr(group_looks, "catalogue", lambda: sources[:2])
    monkeypatch.setattr(group_looks, "follow_ups", lambda: sources[2:])
    return sources


@contextmanager
def _short():
    """The number of threads is put back."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def short():
    with _short():
        yield


@pytest.fixture(scope="session")
def task():
    return TASK


@pytest.fixture(scope="session")
def start():
    return SHORT


@pytest.fixture(scope="session")
def _made(tmp_path_factory):
    out = tmp_path_factory.mktemp("made")
    with _short():
        making.make_one(out, TASK, *SNAPSHOTS, SHORT)
    return out


@pytest.fixture(scope="session")
def _seen(_made, tmp_path_factory):
    out = tmp_path_factory.mktemp("seen") / "out"
    shutil.copytree(_made, out)
    with _short():
        group_looks.look_one(out, TASK, "related")
        measuring.measure_one(out, TASK, "related")
    return out


@pytest.fixture
def made(_made, tmp_path):
    """A folder with a matched group that was made, for this test alone."""
    return shutil.copytree(_made, tmp_path / "made")


@pytest.fixture
def seen(_seen, tmp_path):
    """The same, looked at and measured at the level of related cues."""
    return shutil.copytree(_seen, tmp_path / "seen")


@pytest.fixture
def folder(made):
    return GroupFolder(made / TASK.name)


@pytest.fixture
def seen_folder(seen):
    return GroupFolder(seen / TASK.name)
