"""Looks as columns of numbers, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from forewarn.lab.population.looked import KINDS, Finding, RecordedLook
from forewarn.lab.population.run import RecordedRun
from forewarn.records import Work
from forewarn.records.site import Component, Role

Columns = Mapping[str, NDArray[Any]]
COMPONENTS: Final = get_args(Component)
ROLES: Final = get_args(Role)
BASELINE: Final = "baseline."
FIGURES: Final = ("explored", "effect", "low", "high", "null")


def shared_by(runs: Iterable[RecordedRun]) -> list[tuple[Work, ...]]:
    """What the questions share, each combination once."""
    return list(dict.fromkeys(f.shared for run in runs for look in run.looks for f in look.findings))


def pack(
    runs: Sequence[RecordedRun], codes: Sequence[str], works: Sequence[tuple[Work, ...]]
) -> dict[str, NDArray[Any]]:
    """Columns of all looks, and of all findings; figures of evidence alone. `works`: `shared_by` of the runs."""
    looks = [look for run in runs for look in run.looks]
    found = [finding for look in looks for finding in look.findings]
    evidence = [f for f in found if f.kind == "evidence"]
    return {
        "run.looks": np.array([len(run.looks) for run in runs], np.int32),
        "look.step": np.array([look.step for look in looks], np.int32),
        "look.known": np.array([look.known for look in looks], np.int16),
        "look.asked": np.array([look.asked for look in looks], np.int16),
        "look.seconds": np.array([look.seconds for look in looks], np.float32),
        "look.findings": np.array([len(look.findings) for look in looks], np.int16),
        "finding.code": np.array([codes.index(f.code) for f in found], np.uint8),
        "finding.layer": np.array([f.layer for f in found], np.int16),
        "finding.depth": np.array([f.depth for f in found], np.float32),
        "finding.component": np.array([COMPONENTS.index(f.component) for f in found], np.uint8),
        "finding.token": np.array([ROLES.index(f.token) for f in found], np.uint8),
        "finding.cost": np.array([f.cost for f in found], np.float32),
        "finding.shared": np.array([works.index(f.shared) for f in found], np.uint8),
        "finding.kind": np.array([KINDS.index(f.kind) for f in found], np.uint8),  # type: ignore[arg-type]
        "evidence.n": np.array([f.n for f in evidence], np.int16),
        "evidence.figures": np.array(
            [[getattr(f, name) for name in FIGURES] for f in evidence], np.float32
        ).reshape(len(evidence), len(FIGURES)),
    }


def unpack(
    columns: Columns, codes: Sequence[str], works: Sequence[tuple[Work, ...]], n_runs: int
) -> list[tuple[RecordedLook, ...]]:
    """The inverse of `pack`: each run's looks."""
    plain = {name: column.tolist() for name, column in columns.items()}
    findings = _findings(plain, codes, works)
    looks: list[RecordedLook] = []
    at = 0
    for i, n in enumerate(plain["look.findings"]):
        figures = (plain["look.step"][i], plain["look.known"][i], plain["look.asked"][i])
        looks.append(RecordedLook(*figures, plain["look.seconds"][i], tuple(findings[at : at + n])))
        at += n
    out, at = list[tuple[RecordedLook, ...]](), 0
    for n in plain["run.looks"][:n_runs]:
        out.append(tuple(looks[at : at + n]))
        at += n
    return out


def pack_figures(runs: Sequence[RecordedRun]) -> dict[str, NDArray[Any]]:
    """One column for each baseline: a row of figures for each look of each run."""
    names = list(runs[0].figures) if runs else []
    return {
        BASELINE + name: np.array([row for run in runs for row in run.figures[name]], np.float32)
        for name in names
    }


def unpack_figures(columns: Columns, names: Sequence[str]) -> list[dict[str, tuple[tuple[float, ...], ...]]]:
    """The inverse: by run, and by baseline in the order of the names."""
    ends = np.cumsum(columns["run.looks"]).tolist()
    named = {name: columns[BASELINE + name].tolist() for name in names}
    starts = [0, *ends][:-1]
    return [
        {name: tuple(map(tuple, rows[start:end])) for name, rows in named.items()}
        for start, end in zip(starts, ends, strict=True)
    ]


def _findings(
    plain: Mapping[str, Any], codes: Sequence[str], works: Sequence[tuple[Work, ...]]
) -> list[Finding]:
    rows = zip(
        *(
            plain[f"finding.{name}"]
            for name in ("code", "layer", "depth", "component", "token", "cost", "shared", "kind")
        ),
        strict=True,
    )
    evidence = iter(zip(plain["evidence.figures"], plain["evidence.n"], strict=True))
    none = ((0.0,) * len(FIGURES), 0)
    found = list[Finding]()
    for code, layer, depth, component, token, cost, shared, kind in rows:
        (explored, effect, low, high, null), n = next(evidence) if KINDS[kind] == "evidence" else none
        place = (codes[code], layer, depth, COMPONENTS[component], ROLES[token], cost)
        found.append(Finding(*place, KINDS[kind], explored, effect, low, high, null, n, works[shared]))
    return found
