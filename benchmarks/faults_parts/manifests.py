"""Manifests and ledgers that are sealed as they should be, and hold what no monitor writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from forewarn.records import Event, FilesKept, Interval, LookTaken, RunStarted, Status, Verdict
from forewarn.store import ledger

Change = Callable[[Path], None]


def _sealed(run: Path, events: list[Event]) -> None:
    """Write a ledger anew, with the digest of the manifest as it is now."""
    digest = sha256((run / "run.json").read_bytes()).hexdigest()
    (run / "ledger.jsonl").unlink()
    book = ledger.Ledger.create(run / "ledger.jsonl")
    for event in events:
        book.append(replace(event, manifest=digest) if isinstance(event, RunStarted) else event)


def _manifest(change: Callable[[dict[str, Any]], None]) -> Change:
    def spoil(run: Path) -> None:
        events = [entry.event for entry in ledger.read(run / "ledger.jsonl")]
        values = json.loads((run / "run.json").read_text())
        change(values)
        (run / "run.json").write_text(json.dumps(values))
        _sealed(run, events)

    return spoil


def _config(**values: Any) -> Change:
    return _manifest(lambda manifest: manifest["model"]["config"].update(values))


def _put(section: str, **values: Any) -> Change:
    return _manifest(lambda manifest: manifest[section].update(values))


def _looks(change: Callable[[LookTaken], Event]) -> Change:
    def spoil(run: Path) -> None:
        events = [entry.event for entry in ledger.read(run / "ledger.jsonl")]
        _sealed(run, [change(event) if isinstance(event, LookTaken) else event for event in events])

    return spoil


def _sure_and_clear(look: LookTaken) -> LookTaken:
    verdict = Verdict(0.99, Interval(0.9, 1.0), (), look.verdict.calibration)
    return replace(look, verdict=verdict, status=Status.CLEAR)


def _many(look: LookTaken) -> LookTaken:
    return replace(look, outcomes=look.outcomes * 300)


MANIFESTS: dict[str, Change] = {
    "manifest: hidden_size 8192": _config(hidden_size=8192, intermediate_size=32768),
    "manifest: vocabulary of 10**8": _config(vocab_size=10**8),
    "manifest: 100,000 layers": _config(num_hidden_layers=100_000),
    "manifest: 10**9 positions": _config(max_position_embeddings=10**9),
    "manifest: layers as text": _config(num_hidden_layers="two"),
    "manifest: negative width": _config(hidden_size=-32),
    "manifest: no heads": _config(num_attention_heads=0),
    "manifest: unknown model": _config(model_type="no-such-model"),
    "manifest: foreign code": _config(auto_map={"AutoModelForCausalLM": "evil--model.Model"}),
    "manifest: configuration a list": _manifest(lambda m: m["model"].update(config=[1])),
    "manifest: no layout": _manifest(lambda m: m["model"].update(layout=None)),
    "manifest: layout of 100,000 blocks": _manifest(
        lambda m: m["model"]["layout"].update(blocks=["model.layers.0"] * 100_000)
    ),
    "manifest: model a text": _manifest(lambda m: m.update(model="llama")),
    "manifest: seed a float": _manifest(lambda m: m.update(seed=0.5)),
    "manifest: control characters in its name": _manifest(lambda m: m.update(name="a\x1b[2J\u202e\u2066b\0")),
    "manifest: a name of a megabyte": _manifest(lambda m: m.update(name="n" * 10**6)),
    "manifest: looks every 0 steps": _put("settings_used", every_n_steps=0),
    "manifest: looks every 10**30 steps": _put("settings_used", every_n_steps=10**30),
    "manifest: negative threshold": _put("calibration", threshold=-4.0),
    "manifest: threshold above 1": _put("calibration", threshold=1e300),
    "manifest: level 10**18": _put("calibration", false_alarm=10**18),
    "manifest: -1 honest runs": _put("calibration", honest_runs=-1),
    "manifest: contexts of numbers": _put("audit_set", contexts=[1, 2]),
    "manifest: 200,000 contexts": _put(
        "audit_set", contexts=[{"name": "c", "text": "", "licenses": "x"}] * 200_000
    ),
    "manifest: questions of lists": _manifest(lambda m: m.update(questions=[[], 1, {"code": 3}])),
    "manifest: markup in its name": _manifest(lambda m: m.update(name="<script>alert(1)</script>")),
}
LEDGERS: dict[str, Change] = {
    "ledger: clear at 0.99": _looks(_sure_and_clear),
    "ledger: step 2**62": _looks(lambda look: replace(look, step=2**62)),
    "ledger: step -5": _looks(lambda look: replace(look, step=-5)),
    "ledger: a snapshot named ../../etc": _looks(lambda look: replace(look, snapshot="../../etc")),
    "ledger: -1 of 0 facts known": _looks(lambda look: replace(look, known=-1, asked=0)),
    "ledger: seconds that are no number": _looks(lambda look: replace(look, seconds=float("nan"))),
    "ledger: thousands of outcomes": _looks(_many),
    "ledger: a file outside": _looks(lambda look: FilesKept(look.step, (("../../../etc/passwd", "0" * 64),))),
    "ledger: a file by its whole path": _looks(lambda look: FilesKept(look.step, (("/dev/zero", "0" * 64),))),
    "ledger: a file with a NUL in its name": _looks(lambda look: FilesKept(look.step, (("a\0b", "0" * 64),))),
}
