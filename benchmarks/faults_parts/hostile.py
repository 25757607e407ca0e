"""Hostile inputs by name: every command, every file; none may hang, fill the memory or end in a traceback."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from faults_parts.contents import CONTENTS, Spoil
from faults_parts.manifests import LEDGERS, MANIFESTS
from faults_parts.tally import Tally

SECONDS, MEGABYTES = 10, 500
"""Most that one command may take."""
QUICK, DEAR_EVERY = 5, 12
"""`quick` tries every fifth case with one command each; of these every twelfth with one that builds a model."""
_DEAR = frozenset(("replay", "inspect", "inspect --lens"))
_READERS = {
    "run.json": ("list", "show", "report", "verify", "replay", "inspect"),
    "ledger.jsonl": ("list", "show", "report", "verify", "replay"),
    "auditset.jsonl": ("verify", "replay", "inspect", "show"),
    "tokens.json": ("verify", "replay", "inspect", "list"),
    "tokenizer.json": ("verify", "inspect"),
    "traces.jsonl": ("verify", "show", "report"),
    "meta.json": ("verify", "inspect"),
    "weights.safetensors": ("verify", "inspect"),
    "trajectory.json": ("verify", "report"),
    "lenses.json": ("verify", "inspect --lens"),
    "lenses.safetensors": ("verify", "inspect --lens"),
    "explanation.json": ("verify", "show", "report"),
    "facts.jsonl": ("watch facts",),
    "helper.json": ("watch helper",),
    "helper.safetensors": ("watch helper",),
    "calibration.json": ("watch calibration",),
}
"""Which commands read a file; `watch` is what a monitor does with it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile input."""

    name: str
    spoil: Callable[[Path], None]
    """Spoils a copy of the sample folder."""
    commands: tuple[str, ...]


def run(quick: bool) -> Tally:
    """Try them all, each in a process of its own; `quick` tries fewer files, and each with one command."""
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample"
        sample.mkdir()
        maker = Path(__file__).with_name("sample.py")
        subprocess.run([sys.executable, str(maker), str(sample)], check=True, capture_output=True)
        _import()
        tried, broken = 0, []
        for case in cases(quick):
            place = Path(folder) / "tried"
            shutil.copytree(sample, place)
            case.spoil(place)
            for command in case.commands:
                tried += 1
                if told := harm(place, command):
                    broken.append(f"{case.name}: {command}: {told}")
            shutil.rmtree(place)
    return Tally(tried, tried - len(broken), tuple(broken))


def cases(quick: bool) -> Iterator[Case]:
    """All of them, or a share."""
    every = [*_files(), *_built()]
    if not quick:
        yield from every
        return
    for k, case in enumerate(every[::QUICK]):
        cheap = [each for each in case.commands if each not in _DEAR]
        chosen = case.commands if k % DEAR_EVERY == 0 else cheap or case.commands
        yield Case(case.name, case.spoil, (chosen[k % len(chosen)],))


def _files() -> Iterator[Case]:
    for file, commands in _READERS.items():
        for name, spoil in CONTENTS.items():
            yield Case(f"{file}: {name}", _at(file, spoil), commands)


def _at(file: str, spoil: Spoil) -> Callable[[Path], None]:
    return lambda place: spoil(found(place, file))


def _built() -> Iterator[Case]:
    """Manifests and ledgers that are sealed as they should be, and hold what no monitor writes."""
    everything = ("list", "show", "report", "verify", "replay", "inspect")
    for name, change in (*MANIFESTS.items(), *LEDGERS.items()):
        yield Case(name, lambda place, change=change: change(place / "run"), everything)  # type: ignore[misc]


def found(place: Path, file: str) -> Path:
    """Where a file of the sample lies."""
    run_, helper = place / "run", place / "helper"
    if file == "facts.jsonl":
        return place / file
    if file.startswith(("helper.", "calibration")):
        return helper / file
    digest = next(path.name.partition(".")[0] for path in (run_ / "lenses").glob("*.trajectory.json"))
    inside = {
        "meta.json": f"snapshots/{digest}/meta.json",
        "weights.safetensors": f"snapshots/{digest}/weights.safetensors",
        "trajectory.json": f"lenses/{digest}.trajectory.json",
        "lenses.json": f"lenses/{digest}.json",
        "lenses.safetensors": f"lenses/{digest}.safetensors",
        "explanation.json": f"explanations/{digest}.json",
    }
    return run_ / inside.get(file, file)


def harm(place: Path, command: str) -> str:
    """What a command did that it must not do; empty where it ended with a message or a result."""
    told = place / "told.txt"
    child = os.fork()
    if child == 0:
        _child(place, command, told)
    used = _waited(child)
    text = told.read_text(errors="replace") if told.exists() else ""
    if used is None:
        return f"took longer than {SECONDS} s"
    status, grown = used
    if "Traceback" in text or "fault of forewarn" in text:
        return f"traceback: {text.strip().splitlines()[-1][:160]}"
    if os.WIFSIGNALED(status):
        return f"was killed by signal {os.WTERMSIG(status)}"
    return f"took {grown:.0f} MB" if grown > MEGABYTES else ""


def _waited(child: int) -> tuple[int, float] | None:
    """Exit status and peak memory in MB; None, and the child is ended, where it takes too long."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            return status, used.ru_maxrss / 1024
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.wait4(child, 0)
    return None


def _child(place: Path, command: str, told: Path) -> None:
    """Run a command with its output in a file, and end the process."""
    code = 1
    try:
        out = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        empty = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((empty, 0), (out, 1), (out, 2)):
            os.dup2(here, there)
        resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
        code = act(place, command)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def act(place: Path, command: str) -> int:
    """Do what a command does, in this process."""
    if command.startswith("watch"):
        return _watch(place, command.split()[1])
    words = command.split()
    target = place if words[0] == "list" else place / "run"
    where = f"{target}@2" if words[0] == "inspect" else str(target)
    extra = ["--questions"] if command == "inspect" else []
    from forewarn.cli import main

    sys.argv = ["forewarn", words[0], where, *words[1:], *extra]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _watch(place: Path, what: str) -> int:
    """Make a monitor with a hostile audit set, helper or calibration, as a training script does."""
    from forewarn.callbacks.equip import equip
    from forewarn.callbacks.options import Options
    from forewarn.errors import ForewarnError

    given: dict[str, object] = {"audit_set": place / "facts.jsonl"}
    if what != "facts":
        given[what] = place / "helper" / ("" if what == "helper" else "calibration.json")
    try:
        equip(Options(**given))
    except ForewarnError as error:
        print(error)
        return 2
    return 0


def _import() -> None:
    """Import in this process what every command would import again in its own."""
    import forewarn.audit.replay
    import forewarn.callbacks.equip
    import forewarn.cli.app
    import forewarn.cli.inspect
    import forewarn.cli.listing
    import forewarn.cli.report
    import forewarn.cli.show
    import forewarn.cli.verify
    import forewarn.inspect.session  # noqa: F401
