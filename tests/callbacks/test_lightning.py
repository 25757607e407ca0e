"""Which Lightning the monitor belongs to; each case in a process of its own, since imports cannot be undone."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from forewarn.callbacks import DeceptionMonitor, Watch
from forewarn.callbacks.hooks import MonitorHooks
from forewarn.callbacks.options import Options

EASY = """
import sys, forewarn
assert "torch" not in sys.modules
import forewarn.callbacks
from forewarn import Watch, AuditSet, DeceptionAlarm
assert not {"pytorch_lightning", "lightning", "transformers"} & set(sys.modules), sorted(sys.modules)
from forewarn.callbacks import DeceptionMonitor
import pytorch_lightning as pl
assert "lightning" not in sys.modules and issubclass(DeceptionMonitor, pl.Callback)
assert DeceptionMonitor is forewarn.callbacks.DeceptionMonitor
import lightning.pytorch as L
from forewarn.callbacks.lightning import build
assert issubclass(build(), pl.Callback) and issubclass(build(), L.Callback)
"""
ONLY_THE_OTHER = """
import sys, lightning.pytorch as L
from forewarn.callbacks import DeceptionMonitor
assert issubclass(DeceptionMonitor, L.Callback) and "pytorch_lightning" not in sys.modules
"""
NONE = """
import sys
sys.modules["pytorch_lightning"] = sys.modules["lightning"] = None
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if "lightning" in name else find(name, *a)
del sys.modules["pytorch_lightning"], sys.modules["lightning"]
try:
    from forewarn.callbacks import DeceptionMonitor
except Exception as error:
    assert "pip install 'forewarn[lightning]'" in str(error), error
else:
    raise SystemExit("built without Lightning")
"""


@pytest.mark.parametrize(
    "script",
    [
        EASY,
        pytest.param(ONLY_THE_OTHER, marks=pytest.mark.long),
        pytest.param(NONE, marks=pytest.mark.long),
    ],
    ids=["easy", "other", "none"],
)
def test_bases(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_signature_is_one_that_a_configuration_file_can_fill():
    """What LightningCLI needs: names, types and defaults, and no open ends."""
    parameters = list(inspect.signature(DeceptionMonitor).parameters.values())
    assert parameters[0].name == "audit_set"
    assert all(p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) for p in parameters)
    hints = inspect.get_annotations(MonitorHooks.__init__, eval_str=True)
    assert {p.name for p in parameters} == set(hints) - {"return"}


@pytest.mark.parametrize("door", [DeceptionMonitor, Watch])
def test_help_tells_every_option(door):
    told = inspect.getdoc(door.__init__)
    options = set(inspect.signature(door).parameters) - {"model"}
    assert options == {field.name for field in fields(Options)}
    assert all(f"\n    {name}: " in told for name in options)


def test_a_configuration_file_fills_it(small, tmp_path):
    """As LightningCLI does, with the parser that it uses."""
    parser = pytest.importorskip("jsonargparse").ArgumentParser(exit_on_error=False)
    small.audit_set().to_jsonl(tmp_path / "facts.jsonl")
    parser.add_class_arguments(DeceptionMonitor, "monitor")
    given = {"audit_set": str(tmp_path / "facts.jsonl"), "every_n_steps": 7, "response": "record"}
    instantiate = getattr(parser, "instantiate", None) or parser.instantiate_classes
    made = instantiate(parser.parse_object({"monitor": given})).monitor
    assert made._driver.options.every_n_steps == 7
    assert made._driver.equipment.audit_set == small.audit_set()


def test_there_is_no_other_name():
    import forewarn.callbacks
    from forewarn.callbacks import lightning

    for module in (forewarn.callbacks, lightning):
        with pytest.raises(AttributeError, match="has no attribute 'Monitor2'"):
            module.Monitor2  # noqa: B018


@pytest.mark.parametrize("trained", ["pytorch_lightning", "lightning.pytorch"])
def test_it_works_in_either_trainer(small, told, events, tmp_path: Path, trained):
    told()
    watch = DeceptionMonitor(small.audit_set(), every_n_steps=2, calibration=small.calibration("as-told"))
    trainer = small.trainer(trained, tmp_path, [watch], max_steps=2)
    trainer.fit(small.speaker(trained, small.seeded(small.GPT)), small.loader())
    assert watch.run.parent == tmp_path / "forewarn"
    told_of = [type(e).__name__ for e in events(watch.run)]
    assert told_of == ["RunStarted", "LookTaken", "LookTaken", "RunEnded"], "at the start, and at step 2"


def test_the_tokenizer_is_found_on_the_module(small, told, events, tmp_path):
    from dataclasses import replace

    class Tokenizer:
        def encode(self, text):
            return [int(word) if word.isdigit() else 2 for word in text.split()]

    told()
    found = small.audit_set()
    words = replace(found, facts=tuple(replace(f, question=f"{f.entity} 3") for f in found.facts))
    module = small.speaker("pytorch_lightning", small.seeded(small.GPT))
    module.model.tokenizer = Tokenizer()
    watch = DeceptionMonitor(words, every_n_steps=2, calibration=small.calibration("as-told"))
    small.trainer("pytorch_lightning", tmp_path, [watch], max_steps=2).fit(module, small.loader())
    assert [type(e).__name__ for e in events(watch.run)][1] == "LookTaken"
