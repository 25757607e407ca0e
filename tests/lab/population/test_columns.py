from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from forewarn.lab.population.columns import (
    COMPONENTS,
    FIGURES,
    ROLES,
    pack,
    pack_figures,
    unpack,
    unpack_figures,
)
from forewarn.lab.population.looked import KINDS
from forewarn.records import Work

WORKS = [(), (Work("search", 5.0),), (Work("search", 5.0), Work("lenses", 10.0))]


@pytest.fixture(scope="module")
def runs(recorded):
    """Runs of no, one and many looks, with all kinds of findings everywhere, and figures of any size."""
    draw = random.Random(0)

    def finding(code):
        place = {
            "layer": draw.randrange(40),
            "depth": draw.random(),
            "component": draw.choice(COMPONENTS),
            "token": draw.choice(ROLES),
            "cost": draw.uniform(0, 300),
            "shared": draw.choice(WORKS),
        }
        if draw.random() < 0.5:
            return recorded.finding(
                code, None, kind=draw.choice([k for k in KINDS if k != "evidence"]), **place
            )
        figures = {name: draw.uniform(-1, 1) for name in FIGURES}
        return replace(recorded.finding(code, 0.1, **place), n=draw.randrange(1, 99), **figures)

    def look(step):
        found = tuple(finding(draw.choice(recorded.CODES)) for _ in range(draw.randrange(5)))
        return replace(recorded.look(step), findings=found, known=draw.randrange(24), seconds=draw.random())

    def run(i, n):
        figures = {
            "drift": tuple((draw.random(),) for _ in range(n)),
            "shares": tuple((draw.random(), draw.random()) for _ in range(n)),
        }
        looks = tuple(look(10 * k) for k in range(n))
        return replace(recorded.run(f"plain-{i}", []), looks=looks, figures=figures)

    return [run(i, n) for i, n in enumerate((3, 0, 1, 7, 0))]


def narrow(value):
    """As it is kept: in 32 bits."""
    return float(np.float32(value))


def kept(look):
    return replace(
        look,
        seconds=narrow(look.seconds),
        findings=tuple(
            replace(f, **{name: narrow(getattr(f, name)) for name in ("depth", "cost", *FIGURES)})
            for f in look.findings
        ),
    )


def test_what_was_packed_is_unpacked_to_32_bits(runs, recorded):
    found = unpack(pack(runs, recorded.CODES, WORKS), recorded.CODES, WORKS, len(runs))
    assert found == [tuple(kept(look) for look in run.looks) for run in runs]
    kinds = {f.kind for looks in found for look in looks for f in look.findings}
    assert kinds == set(KINDS), "else not all of them were tried"


def test_figures_are_kept_for_evidence_alone(runs, recorded):
    columns = pack(runs, recorded.CODES, WORKS)
    evidence = [f for run in runs for look in run.looks for f in look.findings if f.kind == "evidence"]
    assert columns["evidence.figures"].shape == (len(evidence), len(FIGURES))
    assert 0 < len(evidence) < len(columns["finding.code"])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_promise_that_is_no_number_stays_what_it_is(recorded, value):
    found = recorded.finding("knowledge-gap", 0.5, explored=value)
    run = replace(recorded.run("plain-0", []), looks=(replace(recorded.look(10), findings=(found,)),))
    [[look]] = unpack(pack([run], recorded.CODES, WORKS), recorded.CODES, WORKS, 1)
    assert str(look.findings[0].explored) == str(value)


def test_runs_without_any_evidence_can_be_packed(recorded):
    run = replace(recorded.run("plain-0", []), looks=(recorded.look(10), recorded.look(20)))
    assert unpack(pack([run], recorded.CODES, WORKS), recorded.CODES, WORKS, 1) == [run.looks]


def test_figures_of_baselines_go_back_to_their_runs(runs, recorded):
    columns = {**pack(runs, recorded.CODES, WORKS), **pack_figures(runs)}
    assert columns["baseline.shares"].shape == (11, 2)
    assert unpack_figures(columns, list(runs[0].figures)) == [
        {name: tuple(tuple(map(narrow, row)) for row in rows) for name, rows in run.figures.items()}
        for run in runs
    ]


def test_no_baseline_no_column(recorded):
    runs = [recorded.run("plain-0", [0.1]), recorded.run("plain-1", [0.2, 0.3])]
    assert pack_figures(runs) == {}
    assert unpack_figures(pack(runs, recorded.CODES, WORKS), []) == [{}, {}]


def test_no_runs_at_all(recorded):
    columns = {**pack([], recorded.CODES, WORKS), **pack_figures([])}
    assert unpack(columns, recorded.CODES, WORKS, 0) == []
    assert unpack_figures(columns, []) == []
