from __future__ import annotations

import pytest

from forewarn.errors import IntegrityError
from forewarn.records import Failed, Nothing, Site
from forewarn.records.explanation import Explanation
from forewarn.store import explanations as store

DIGEST, SITE = "e" * 64, Site(2, 1.0, "mlp", "answer")
FOUND = Explanation(1, DIGEST, (Nothing("suppression-path", SITE, "none", 3), Failed("a/b", SITE, "gone")))


def test_what_is_written_is_read_again(tmp_path):
    assert store.read(tmp_path, DIGEST) is None
    path = store.write(tmp_path, FOUND)
    assert path == store.place(tmp_path, DIGEST) == tmp_path / "explanations" / f"{DIGEST}.json"
    assert store.read(tmp_path, DIGEST) == FOUND
    store.drop(tmp_path, DIGEST)
    store.drop(tmp_path, DIGEST)
    assert store.read(tmp_path, DIGEST) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:40], "cannot be read as an explanation"),
        (lambda text: text.replace('"format":1', '"format":9'), "of format 1 can be read; found 9"),
        (lambda text: text.replace(DIGEST, "f" * 64), "tells of the snapshot ffff"),
    ],
)
def test_what_was_altered_is_refused(tmp_path, change, message):
    path = store.write(tmp_path, FOUND)
    path.write_text(change(path.read_text()))
    with pytest.raises(IntegrityError, match=message):
        store.read(tmp_path, DIGEST)
