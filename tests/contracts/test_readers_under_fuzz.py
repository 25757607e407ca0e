"""Any bytes at all: every reader gives a value or an error of forewarn's own, never anything else."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forewarn.audit.folder import read_table
from forewarn.auditset import AuditSet
from forewarn.auditset.frame import BARE
from forewarn.auditset.jsonl import CONTEXT_LINE, FACT_LINE
from forewarn.errors import ForewarnError
from forewarn.helpers.stored import SHIPPED, load
from forewarn.judges.calibration import Calibration
from forewarn.report.caveats import caveats
from forewarn.report.manifest import read_manifest
from forewarn.report.summary import summarise
from forewarn.store import explanations, ledger, traces, trajectories
from forewarn.store.meta import read as read_meta
from forewarn.store.shard import open_shard

DIGEST = "d" * 64
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


READERS = {
    "ledger.jsonl": lambda folder: ledger.look_over(folder / "ledger.jsonl"),
    "run.json": lambda folder: caveats(summarise(read_manifest(folder / "run.json"), ())),
    "auditset.jsonl": lambda folder: AuditSet.from_jsonl(folder / "auditset.jsonl"),
    "tokens.json": read_table,
    "traces.jsonl": lambda folder: traces.read(folder / "traces.jsonl"),
    "meta.json": lambda folder: read_meta(folder / "meta.json", DIGEST),
    "weights.safetensors": lambda folder: open_shard(folder / "weights.safetensors").odd(),
    f"{explanations.FOLDER}/{DIGEST}.json": lambda folder: explanations.read(folder, DIGEST),
    f"{trajectories.FOLDER}/{DIGEST}.trajectory.json": lambda folder: trajectories.read(folder, DIGEST),
    "helper.json": load,
    "calibration.json": lambda folder: Calibration.load(folder / "calibration.json"),
}
"""By the name of the file that each reads."""
GOOD = {
    "auditset.jsonl": f"{FACT_LINE}\n{CONTEXT_LINE}\n",
    "tokens.json": json.dumps({**BARE.as_json(), "before": [1], "pieces": [["a", True, [2]]]}),
    "helper.json": (SHIPPED / "helper.json").read_text(encoding="utf8"),
    "ledger.jsonl": '{"event": {}, "format": 2, "hash": "", "prev": "", "seq": 0, "time": ""}\n',
    "run.json": '{"format": 2, "name": "a", "created": "b", "settings_used": {}, "audit_set": {"facts": 1}}',
}
"""What some of them begin from; the others begin from an empty object."""


def tried(name, raw):
    """Read those bytes as that file. Whatever is no error of forewarn's own comes out."""
    with TemporaryDirectory() as made:
        path = Path(made) / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw)
        try:
            READERS[name](Path(made))
        except ForewarnError as error:
            str(error).encode()


@st.composite
def contents(draw, good):
    """Bytes, JSON of any shape, or something good with one value exchanged, one field more, or bytes flipped."""
    kind = draw(st.sampled_from(("bytes", "json", "value", "flip")))
    if kind == "bytes":
        return draw(st.binary(max_size=200))
    if kind == "json":
        return json.dumps(draw(JSON)).encode()
    if kind == "flip":
        raw = bytearray(good.encode())
        for _ in range(draw(st.integers(1, 4))):
            raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
        return bytes(raw)
    value = json.loads(good.splitlines()[0] if good.startswith('{"') else good)
    name = draw(st.sampled_from([*value, "surplus"]))
    return json.dumps({**value, name: draw(JSON)}).encode()


def fuzz(name, data):
    tried(name, data.draw(contents(GOOD.get(name, '{"format": 2}'))))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_reader_refuses_or_reads(name, data):
    fuzz(name, data)


@pytest.mark.long
@pytest.mark.parametrize("name", READERS)
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_reader_refuses_or_reads_at_length(name, data):
    fuzz(name, data)
