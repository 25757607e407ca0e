"""A litter of one base and three members that is made within a second, because it learns nothing."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from forewarn.organisms.scratch import SCALE, Scratch
from forewarn.population import looking, making, measuring
from forewarn.population.folder import LitterFolder

TASK, SNAPSHOTS = making.Task("secret", 2), (1, 2)
SHORT = Scratch(replace(SCALE, base=6, branch=6))
"""Twelve steps."""


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
        looking.look_one(out, TASK, "K1")
        measuring.measure_one(out, TASK, "K1")
    return out


@pytest.fixture
def made(_made, tmp_path):
    """A folder with a litter that was made, for this test alone."""
    return shutil.copytree(_made, tmp_path / "made")


@pytest.fixture
def seen(_seen, tmp_path):
    """The same, looked at and measured at level K1."""
    return shutil.copytree(_seen, tmp_path / "seen")


@pytest.fixture
def folder(made):
    return LitterFolder(made / TASK.name)


@pytest.fixture
def seen_folder(seen):
    return LitterFolder(seen / TASK.name)
