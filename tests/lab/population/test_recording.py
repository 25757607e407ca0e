from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.errors import StoreError
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.group_looks import read_looks
from forewarn.lab.population.measuring import read_figures
from forewarn.lab.population.recording import record
from forewarn.lab.population.table import Table


@pytest.fixture
def holding(seen_folder):
    """Writes down that some members hold their behaviour: after twelve steps nobody does."""

    def made(*kinds):
        group = seen_folder.read()
        members = tuple(
            replace(m, holds=m.kind in kinds, onset=9 if m.deceptive else None) for m in group.members
        )
        seen_folder.finish(replace(group, members=members))
        return seen_folder.read()

    return made


def test_runs_that_hold_are_recorded_and_the_others_are_named(seen, holding):
    holding("secret", "tale")
    table = record(seen, ["related"])
    assert [run.truth.kind for run in table.runs["related"]] == ["secret", "tale"]
    assert table.discarded == ("secret-2-belief",)
    assert table.command.startswith(
        f"forewarn organisms make --out {seen.name} --first-seed 2 --seeds 1 --base-looks 1 --looks 2 "
        "--mechanism secret && "
    )


def test_a_run_has_the_looks_and_figures_of_its_base_and_its_own(seen, seen_folder, holding):
    holding("secret", "tale", "belief")
    looks, figures = read_looks(seen_folder, "related"), read_figures(seen_folder, "related")
    table = record(seen, ["related"])
    assert table.codes == looks.codes
    for run in table.runs["related"]:
        name = run.truth.name
        assert run.looks == (*looks.runs["base"], *looks.runs[name])
        assert [look.step for look in run.looks] == [6, 9, 12]
        assert run.figures.keys() == figures["base"].keys()
        for baseline, rows in run.figures.items():
            assert repr(rows) == repr((*figures["base"][baseline], *figures[name][baseline]))


def test_the_truth_of_a_run_is_what_was_verified(seen, holding):
    group = holding("secret", "belief")
    liar, believer = (run.truth for run in record(seen, ["related"]).runs["related"])
    for truth in (liar, believer):
        for name in ("mechanism", "precursor", "implant", "concealed", "topic", "family", "width", "depth",
                     "change", "steps"):  # fmt: skip
            assert getattr(truth, name) == getattr(group, name)
        assert truth.group == group.name
    assert (liar.kind, liar.deceptive, liar.onset) == ("secret", True, 9)
    assert (believer.kind, believer.deceptive, believer.onset) == ("belief", False, None)


def test_it_can_be_saved_and_read(seen, holding, tmp_path):
    holding("secret")
    table = record(seen, ["related"])
    table.save(tmp_path / "t")
    [found], [run] = Table.load(tmp_path / "t").runs["related"], table.runs["related"]
    assert found.truth == run.truth
    figures = [
        [(a.inquiry, type(a.outcome), getattr(a.outcome, "n", None)) for a in k.answers] for k in run.looks
    ]
    assert figures == [
        [(a.inquiry, type(a.outcome), getattr(a.outcome, "n", None)) for a in k.answers] for k in found.looks
    ]


def test_where_nobody_holds_there_is_a_table_without_runs(seen, holding, tmp_path):
    holding()
    table = record(seen, ["related"])
    assert table.runs == {"related": ()}
    assert len(table.discarded) == 3
    table.save(tmp_path / "t")
    assert Table.load(tmp_path / "t") == table


@pytest.mark.parametrize(
    ("missing", "level"),
    [("looks-related.json", "related"), ("baselines-related.json", "related"), ("", "unseen")],
)
def test_a_group_that_was_not_looked_at_is_refused(seen, seen_folder, holding, missing, level):
    holding("secret")
    if missing:
        (seen_folder.path / missing).unlink()
    with pytest.raises(StoreError, match=r"there is no file .*(related|unseen)\.json"):
        record(seen, [level])


def test_groups_that_were_asked_different_things_make_no_table(seen, seen_folder, holding):
    other = GroupFolder(seen / "year-1")
    other.path.mkdir()
    other.finish(replace(holding("secret"), name="year-1"))
    plain = seen_folder.plain("looks-related.json")
    other.write("looks-related.json", plain | {"codes": ["knowledge-gap", "withheld-answer"]})
    with pytest.raises(
        StoreError,
        match=r"with the same probes; found knowledge-gap, observer, .*; knowledge-gap, withheld-answer",
    ):
        record(seen, ["related"])


@pytest.fixture
def later(seen, seen_folder):
    """The same matched group once more under a later seed, looked at, with some of its files."""

    def made(seed, *files):
        other = GroupFolder(seen / f"secret-{seed}")
        other.path.mkdir()
        other.finish(replace(seen_folder.read(), seed=seed))
        for file in files:
            other.write(file, seen_folder.plain(file))

    return made


RELATED = ("looks-related.json", "baselines-related.json")


def test_a_level_may_hold_the_first_seeds_alone(seen, seen_folder, holding, later):
    holding("secret", "tale")
    later(3, *RELATED)
    for name in ("looks", "baselines"):
        seen_folder.write(f"{name}-unseen.json", seen_folder.plain(f"{name}-related.json"))
    table = record(seen, ["related", "unseen"])
    assert {level: len(runs) for level, runs in table.runs.items()} == {"related": 4, "unseen": 2}
    assert (
        " look seen --level related && forewarn organisms look seen --level unseen --seeds 1 && "
        in table.command.replace(seen.name, "seen")
    )


def test_a_seed_that_was_left_out_before_others_is_refused(seen, holding, later):
    holding("secret")
    later(1)
    with pytest.raises(StoreError, match=r"there is no file .*secret-1.looks-related\.json"):
        record(seen, ["related"])


def test_a_level_may_hold_some_of_the_questions_alone(seen, seen_folder, holding):
    holding("secret")
    plain = seen_folder.plain("looks-related.json")
    few = [code for code in plain["codes"] if "/" not in code]
    runs = {
        name: [
            look | {"answers": [a for a in look["answers"] if a["inquiry"]["code"] in few]} for look in looks
        ]
        for name, looks in plain["runs"].items()
    }
    seen_folder.write("looks-unseen.json", {"codes": few, "runs": runs})
    seen_folder.write("baselines-unseen.json", seen_folder.plain("baselines-related.json"))
    table = record(seen, ["related", "unseen"])
    assert table.codes == tuple(plain["codes"])
    [run] = table.runs["unseen"]
    assert {o.code for look in run.looks for o in look.outcomes} == set(few)


def test_what_only_one_level_was_asked_makes_no_table(seen, seen_folder, holding):
    holding("secret")
    plain = seen_folder.plain("looks-related.json")
    seen_folder.write("looks-unseen.json", plain | {"codes": ["XY001"]})
    with pytest.raises(StoreError, match="XY001 was asked at some levels alone"):
        record(seen, ["related", "unseen"])
