"""Handing a helper on: everything that it needs, in one folder or one file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from forewarn.errors import ConfigurationError, StoreError
from forewarn.helpers.learned import Learned
from forewarn.helpers.stored import CALIBRATION, CARD, HELPER, WEIGHTS, StoredHelper
from forewarn.judges.calibration import Calibration
from forewarn.lab.training.card import page
from forewarn.store.files import refused, write_atomically

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive: the same helper gives the same bytes."""


def export_helper(helper: StoredHelper, target: Path) -> tuple[str, ...]:
    """Write to a folder, or to a file whose name ends with .zip; gives the names of the files.

    The card is written anew from the other files. Raises ConfigurationError where the target is there already,
    StoreError where a file cannot be read or written, and what reading the calibration raises.
    """
    if target.exists():
        raise ConfigurationError(f"{target} is there already; choose another name")
    files = _files(helper)
    if target.suffix == ".zip":
        write_atomically(target, _archive(files))
        return tuple(files)
    try:
        target.mkdir(parents=True)
    except OSError as error:
        raise refused(target, error) from error
    for name, content in files.items():
        write_atomically(target / name, content)
    return tuple(files)


def _files(helper: StoredHelper) -> dict[str, bytes]:
    if helper.folder is None:
        raise StoreError(f"{helper.name!r} was not read from a folder; save it first")
    own = helper.calibration
    calibration = Calibration.default() if own is None else Calibration.load(own)
    names = [
        HELPER,
        *([WEIGHTS] if isinstance(helper.policy, Learned) else []),
        *([CALIBRATION] if own else []),
    ]
    files = {name: (helper.folder / name).read_bytes() for name in names}
    return {**files, CARD: page(helper.sheet, calibration).encode()}


def _archive(files: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return raw.getvalue()
