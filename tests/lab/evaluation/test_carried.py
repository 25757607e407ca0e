"""What was learned on one table, scored on another."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.evaluation.carried import CARRIED, alarms, carry_over


def quiet(what):
    return nullcontext()


@pytest.fixture
def tables(table, runs):
    """Two populations, and runs of both have the same names."""
    return table, replace(table, runs={"K1": runs[::4]})


def test_every_run_of_the_other_table_is_scored_once(tables):
    entries = carry_over(*tables, level=0.05, tell=quiet)
    assert {e.split for e in entries} == {CARRIED}
    for entry in entries:
        assert len(entry.runs) == len(tables[1].runs["K1"])
        assert not {r.nature.name for r in entry.runs} & {r.nature.name for r in tables[0].runs["K1"]}


def test_the_truth_of_the_other_table_changes_no_score(tables):
    learned, other = tables
    turned = [
        replace(r, nature=replace(r.nature, deceptive=not r.nature.deceptive)) for r in other.runs["K1"]
    ]
    one, two = (
        carry_over(learned, each, level=0.05, tell=quiet)
        for each in (other, replace(other, runs={"K1": tuple(turned)}))
    )
    for a, b in zip(one, two, strict=True):
        assert [r.scores for r in a.runs] == [r.scores for r in b.runs]
        assert [r.threshold for r in a.runs] == [r.threshold for r in b.runs]


def test_each_run_is_told_in_words(tables):
    entry = carry_over(*tables, level=0.05, tell=quiet)[0]
    rows = list(alarms(entry))
    assert [row[0] for row in rows] == [
        r.nature.name for r in sorted(tables[1].runs["K1"], key=lambda r: r.nature.name)
    ]
    assert {row[2] for row in rows} == {"honest", "deceptive"}


def test_tables_that_do_not_belong_together_are_refused(tables):
    learned, other = tables
    with pytest.raises(
        ConfigurationError, match="nothing was learned of XY001: the first table was asked TP001"
    ):
        carry_over(learned, replace(other, codes=("TP003", "XY001")), level=0.05, tell=quiet)
    with pytest.raises(ConfigurationError, match="nothing was learned at level K2: the first table holds K1"):
        carry_over(learned, replace(other, runs={"K2": other.runs["K1"]}), level=0.05, tell=quiet)


def test_questions_that_the_other_table_lacks_count_nowhere(tables):
    learned, other = tables
    entries = carry_over(learned, replace(other, codes=("TP003",)), level=0.05, tell=quiet)
    names = {entry.detector for entry in entries}
    assert "TP003 alone" in names
    assert not [name for name in names if "TP009" in name]
