"""What was learned on one table, scored on another."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.evaluation.transfer import TRANSFERRED, run_rows, transfer


def quiet(what):
    return nullcontext()


@pytest.fixture
def tables(table, runs):
    """Two populations, and runs of both have the same names."""
    return table, replace(table, runs={"related": runs[::4]})


def test_every_run_of_the_other_table_is_scored_once(tables):
    entries = transfer(*tables, level=0.05, progress=quiet)
    assert {e.split for e in entries} == {TRANSFERRED}
    for entry in entries:
        assert len(entry.runs) == len(tables[1].runs["related"])
        assert not {r.truth.name for r in entry.runs} & {r.truth.name for r in tables[0].runs["related"]}


def test_the_truth_of_the_other_table_changes_no_score(tables):
    learned, other = tables
    turned = [
        replace(r, truth=replace(r.truth, deceptive=not r.truth.deceptive)) for r in other.runs["related"]
    ]
    one, two = (
        transfer(learned, each, level=0.05, progress=quiet)
        for each in (other, replace(other, runs={"related": tuple(turned)}))
    )
    for a, b in zip(one, two, strict=True):
        assert [r.scores for r in a.runs] == [r.scores for r in b.runs]
        assert [r.threshold for r in a.runs] == [r.threshold for r in b.runs]


def test_each_run_has_a_row_in_words(tables):
    entry = transfer(*tables, level=0.05, progress=quiet)[0]
    rows = list(run_rows(entry))
    assert [row[0] for row in rows] == [
        r.truth.name for r in sorted(tables[1].runs["related"], key=lambda r: r.truth.name)
    ]
    assert {row[2] for row in rows} == {"honest", "deceptive"}


def test_tables_that_do_not_belong_together_are_refused(tables):
    learned, other = tables
    unlearned = "asked XY001, of which nothing was learned: the first table was asked knowledge-gap"
    with pytest.raises(ConfigurationError, match=unlearned):
        transfer(learned, replace(other, codes=("latent-policy", "XY001")), level=0.05, progress=quiet)
    unlearned = r"unseen cues \(K2\), at which nothing was learned: the first table holds related cues \(K1\)"
    with pytest.raises(ConfigurationError, match=unlearned):
        transfer(learned, replace(other, runs={"unseen": other.runs["related"]}), level=0.05, progress=quiet)


def test_questions_that_the_other_table_lacks_count_nowhere(tables):
    learned, other = tables
    entries = transfer(learned, replace(other, codes=("latent-policy",)), level=0.05, progress=quiet)
    names = {entry.detector for entry in entries}
    assert "latent-policy alone" in names
    assert not [name for name in names if "withheld-answer" in name]
