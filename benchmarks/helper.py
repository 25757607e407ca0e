"""The helper network against all that it must beat, at equal budget: what `docs/research/helper.md` shows.

    python benchmarks/helper.py [--part NAME] [--on FILE --groups DIR] [--out DIR] [--pages DIR] [--seeds N]
        [--quick]

Plays from the shipped table, which holds every answer, and on another that need not, with the matched groups
that it was recorded from. Finished matches are kept in the folder and not played again: it may be stopped and
called again. `--quick` plays one seed of the split "new mechanism".
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import torch
from helper_parts import PARTS
from helper_parts.part import ALL, Fresh, Setting
from rich.console import Console

from forewarn.lab.evaluation.shipped import SHIPPED, load
from forewarn.lab.organisms.levels import Level
from forewarn.lab.population.on_demand import OnDemand
from forewarn.store.files import write_atomically

SAYS = Console(stderr=True)


def main() -> None:
    """One part, or all of them."""
    options = _parser().parse_args()
    torch.set_num_threads(1)
    level, table = options.level, load(options.table)
    digest = sha256((options.table or SHIPPED).read_bytes()).hexdigest()
    setting = Setting(
        runs=table.runs[level],
        codes=table.codes,
        table=f"{digest}, {level}",
        seeds=1 if options.quick else options.seeds,
        out=options.out,
        quick=options.quick,
        tell=_tell,
        only=tuple(options.split or ALL),
        fresh=_fresh(options.on, options.groups, level) if options.on else None,
        evasive=_fresh(options.evasive, options.evasive_groups, level) if options.evasive else None,
    )
    for name in options.part or PARTS:
        text = "\n".join((_head(name, level, setting), *PARTS[name](setting)))
        for folder in filter(None, (options.out, options.pages)):
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / f"{name}-{level}.md", text.rstrip("\n") + "\n")
        print(text, flush=True)


def _head(part: str, level: Level, setting: Setting) -> str:
    """What was printed, and from what."""
    tables = {"table": setting.table, **({"on": setting.fresh.table} if setting.fresh else {})}
    told = "; ".join(f"{word} {name[:12]}" for word, name in tables.items())
    seeds = f"at most {setting.seeds} seeds" if setting.seeds > 1 else "one seed"
    return f"# {part}, level {level}\n\nPrinted by `python benchmarks/helper.py --part {part}`; {told}; {seeds}.\n"


def _fresh(path: Path, groups: Path, level: Level) -> Fresh:
    """Another table, with all that could be asked there."""
    source = OnDemand(groups, level)
    runs = source.extended(load(path).runs[level])
    return Fresh(runs, source, sha256(path.read_bytes()).hexdigest(), groups)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=sorted(PARTS), action="append", help="one part; may be repeated")
    parser.add_argument("--level", default="related", help="what the auditor knows")
    parser.add_argument(
        "--table", metavar="FILE", type=Path, help="a recorded table; the shipped one by default"
    )
    parser.add_argument(
        "--on", metavar="FILE", type=Path, help="a table of other seeds to be scored on as well"
    )
    parser.add_argument(
        "--groups",
        metavar="DIR",
        type=Path,
        help="where its matched groups were made, to measure what it lacks",
    )
    parser.add_argument(
        "--evasive", metavar="FILE", type=Path, help="a table of evasive ones of these matched groups"
    )
    parser.add_argument("--evasive-groups", metavar="DIR", type=Path, help="where they were made")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("helper-contest"))
    parser.add_argument(
        "--pages",
        metavar="DIR",
        type=Path,
        help="also write what is printed here, as docs/research/helper is",
    )
    parser.add_argument("--split", choices=ALL, action="append", help="only this one; may be repeated")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    return parser


@contextmanager
def _tell(what: str) -> Iterator[None]:
    SAYS.print(what, highlight=False)
    yield


if __name__ == "__main__":
    main()
