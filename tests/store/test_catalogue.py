from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from forewarn.store.catalogue import META, SNAPSHOTS, Catalogue
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.staging import Stager

_VERIFY = """
import sys
from pathlib import Path
from forewarn.store.catalogue import Catalogue
catalogue = Catalogue(Path(sys.argv[1]))
print(len(catalogue.list()), *catalogue.verify())
sys.exit("torch" in sys.modules)
"""


def test_a_run_without_snapshots_has_none(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "none")
    assert catalogue.list() == () == catalogue.verify() == catalogue.digests() == catalogue.folders()


def test_a_snapshot_stands_once_its_metadata_is_there(tmp_path: Path) -> None:
    digest = SnapshotStore(tmp_path).put(Stager().freeze({"w": torch.ones(3)}), 1).digest
    catalogue = Catalogue(tmp_path)
    assert catalogue.digests() == (digest,) and catalogue.stands(digest)
    (catalogue.folder(digest) / META).unlink()
    assert catalogue.digests() == () and catalogue.folders() == (digest,)
    assert catalogue.list() == () == catalogue.verify()


def test_other_names_are_no_snapshots(tmp_path: Path) -> None:
    for name in ("notes", "A" * 64, "0" * 63):
        (tmp_path / SNAPSHOTS / name).mkdir(parents=True)
    (tmp_path / SNAPSHOTS / ("0" * 64)).touch()
    assert Catalogue(tmp_path).folders() == ()


def test_weights_are_verified_without_torch(tmp_path: Path) -> None:
    SnapshotStore(tmp_path).put(Stager().freeze({"w": torch.ones(3), "half": torch.ones(2).half()}), 1)
    done = subprocess.run(
        [sys.executable, "-c", _VERIFY, str(tmp_path)], capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
