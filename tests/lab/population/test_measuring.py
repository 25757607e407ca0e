from __future__ import annotations

import math

import pytest

from forewarn.errors import StoreError
from forewarn.lab.baselines.catalogue import baselines
from forewarn.lab.population import measuring
from forewarn.lab.population.measuring import measure, measure_one, read_figures

FILE = "baselines-related.json"


class Sees:
    """A baseline that tells which snapshot it is given, and which one beside it."""

    name = "sees"

    def __init__(self, group):
        kept = [*group.base, *(k for m in group.members for k in m.snapshots)]
        self.digests = [k.digest for k in kept]

    def measure(self, now, reference, split):
        return tuple(float(self.digests.index(i.subject.digest)) for i in (now, reference))


@pytest.fixture
def sees(folder, monkeypatch):
    """Figures of such a baseline, where so many facts are known at every snapshot, or others at the base's."""

    def made(known, base=None):
        first = folder.read().base[0].digest

        def knows(self, facts):
            return facts[: base if base is not None and self.subject.digest == first else known]

        monkeypatch.setattr(measuring, "baselines", lambda: (Sees(folder.read()),))
        monkeypatch.setattr(measuring.ProbeInputs, "known", knows)
        return {name: figures["sees"] for name, figures in measure(folder, "related").items()}

    return made


def test_all_are_compared_with_the_first_snapshot_that_knows_half_of_the_facts(sees, folder):
    first, second, third = (m.name for m in folder.read().members)
    assert sees(15) == {
        "base": ((0.0, 0.0),),
        first: ((1.0, 0.0), (2.0, 0.0)),
        second: ((3.0, 0.0), (4.0, 0.0)),
        third: ((5.0, 0.0), (6.0, 0.0)),
    }


def test_members_that_learn_after_the_change_are_each_compared_with_their_own(sees):
    assert list(sees(15, base=3).values()) == [
        ((0.0, 0.0),),
        ((1.0, 1.0), (2.0, 1.0)),
        ((3.0, 3.0), (4.0, 3.0)),
        ((5.0, 5.0), (6.0, 5.0)),
    ]


def test_until_then_each_is_compared_with_itself(sees):
    assert all(now == beside for rows in sees(14).values() for now, beside in rows)


def test_every_baseline_measures_every_snapshot(seen_folder):
    group, figures = seen_folder.read(), read_figures(seen_folder, "related")
    assert {name: len(next(iter(rows.values()))) for name, rows in figures.items()} == {
        "base": 1,
        **{m.name: 2 for m in group.members},
    }
    for rows in figures.values():
        assert rows.keys() == {b.name for b in baselines()}
        for baseline in baselines():
            assert {len(row) for row in rows[baseline.name]} == {len(baseline.figures)}


def test_a_figure_that_could_not_be_had_is_read_as_nan(folder):
    folder.write(FILE, {"runs": {"base": {"any": [[math.nan, 1]]}}})
    [row] = read_figures(folder, "related")["base"]["any"]
    assert math.isnan(row[0])
    assert row[1] == 1.0


def test_what_is_there_is_not_measured_again(seen, task, monkeypatch):
    monkeypatch.setattr(measuring, "measure", lambda *_: 1 / 0)
    measure_one(seen, task, "related")
    with pytest.raises(ZeroDivisionError):
        measure_one(seen, task, "unseen")


def test_a_file_that_holds_something_else_is_refused(seen_folder):
    seen_folder.write(FILE, {"runs": []})
    with pytest.raises(StoreError, match=r"baselines-related\.json: wanted runs; measure again"):
        read_figures(seen_folder, "related")
