"""What stands on the disk when the power fails, at any moment and however the disk orders its work."""

from __future__ import annotations

import importlib.util
import itertools
import os
import sys
from pathlib import Path

import pytest
import torch

from forewarn.audit.folder import AUDIT_SET, LEDGER, MANIFEST, TOKENS, RunFolder
from forewarn.auditset import AuditSet, Encoder
from forewarn.records import Ending, RunEnded, RunStarted, SnapshotDropped, Status
from forewarn.records.explanation import FORMAT, Explanation
from forewarn.store import explanations
from forewarn.store.catalogue import META, WEIGHTS
from forewarn.store.ledger import Ledger, look_over
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Stager

STILL = torch.arange(64.0)
SURVIVE = {
    "nothing": lambda name: False,
    "all names": lambda name: True,
    "weights": lambda name: name == WEIGHTS,
    "metadata": lambda name: name == META,
}
"""Which changes of names a disk has got to although nobody waited for them."""


class LostError(Exception):
    """Something that was promised to be on the disk is not, or what is there is not sound."""


@pytest.fixture(scope="module")
def power():
    """The module `power.py`."""
    spec = importlib.util.spec_from_file_location("forewarn_test_power", Path(__file__).with_name("power.py"))
    module = sys.modules.setdefault(spec.name, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


class Promised:
    """Mutable: what a caller may count on, since the call that wrote it has come back."""

    def __init__(self, run):
        self.run, self.events, self.snapshots, self.explained = run, 0, [], []

    def check(self, place):
        run = place / self.run
        if self.events:
            self._check_papers(run)
            self._check_ledger(run / LEDGER)
        store = SnapshotStore(run)
        if problems := store.verify():
            raise LostError(problems[0])
        for digest in self.snapshots:
            if not store.holds(digest):
                raise LostError(f"the snapshot {digest}")
        if lost := [digest for digest in self.explained if explanations.read(run, digest) is None]:
            raise LostError(f"the explanation of {lost[0]}")

    def _check_papers(self, run):
        for name in (MANIFEST, AUDIT_SET, TOKENS):
            if not (run / name).exists() or not (run / name).read_bytes():
                raise LostError(name)

    def _check_ledger(self, ledger):
        found = look_over(ledger) if ledger.exists() else None
        if found is None or found.problems or len(found.entries) < self.events:
            raise LostError("lines of the ledger")
        Ledger.resume(ledger)
        again = look_over(ledger)
        if again.torn or len(again.entries) < self.events:
            raise LostError("the ledger cannot be taken up")


def _train(root, promised):
    """What a monitor writes during a short run, in its order."""
    audit_set, stager, encoder = AuditSet.cities(16, 4), Stager(), Encoder(_Letters())
    folder = RunFolder.create(root / promised.run, {"seed": 0}, audit_set, encoder.table(audit_set))
    _tell(folder, promised, RunStarted(0, folder.manifest_digest))
    for step in range(1, 4):
        frozen = stager.freeze({"still": STILL, "moving": torch.full((8,), float(step))})
        digest = folder.snapshots.put(frozen, step).digest
        promised.snapshots.append(digest)
        explanations.write(folder.path, Explanation(FORMAT, digest, ()))
        promised.explained.append(digest)
    for digest in promised.snapshots[:2]:
        _tell(folder, promised, SnapshotDropped(1, digest))
        promised.snapshots = [each for each in promised.snapshots if each != digest]
        folder.snapshots.drop(digest)
    _tell(folder, promised, RunEnded(3, Status.CLEAR, Ending.FINISHED))


def _tell(folder, promised, event):
    folder.append(event)
    promised.events += 1


class _Letters:
    def encode(self, text):
        return [ord(letter) for letter in text]


@pytest.fixture
def cut(power, tmp_path):
    """`cut(deaf)` fails the power ahead of every operation of a run; gives the places of its fsyncs.

    Raises LostError where a promise does not hold.
    """
    count = itertools.count()

    def everywhere(deaf=None):
        root = tmp_path / f"root{next(count)}"
        root.mkdir()
        promised = Promised("runs/run")

        def before(disk):
            for survives in SURVIVE.values():
                place = tmp_path / f"cut{next(count)}"
                disk.after_a_cut(place, survives)
                promised.check(place)

        with power.disk(root, before, deaf) as disk:
            _train(root, promised)
        return disk.sites

    return everywhere


def test_nothing_that_was_promised_is_lost_whenever_the_power_fails(cut):
    assert len(cut()) >= 6


def test_no_wait_for_the_disk_can_be_left_out(cut):
    """Without any one of them something is lost at some moment."""
    needless = []
    for site in sorted(cut()):
        try:
            cut(site)
        except LostError:
            continue
        needless.append(site)
    assert needless == []


def test_a_disk_that_loses_everything_is_seen(power, tmp_path):
    root, left = tmp_path / "root", tmp_path / "left"
    root.mkdir()
    with power.disk(root, lambda _: None) as disk:
        os.mkdir(root / "folder")  # noqa: PTH102 - what pathlib calls
        (root / "folder" / "file").write_text("never put on the disk")
        disk.after_a_cut(left, SURVIVE["nothing"])
    assert list(left.iterdir()) == []
