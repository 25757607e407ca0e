from __future__ import annotations

from collections import Counter

import pytest

from forewarn.errors import ConfigurationError
from forewarn.lab.organisms.matched_group import draw_group
from forewarn.lab.organisms.mechanisms import mechanisms
from forewarn.lab.population import making
from forewarn.lab.population.folder import GroupFolder
from forewarn.lab.population.group_looks import look_one, read_looks
from forewarn.lab.population.making import BASE_LOOKS, LOOKS, Task, make_one, tasks


@pytest.fixture
def grown(monkeypatch):
    """Counts how often a matched group is trained."""
    calls = []

    def counted(members, *settings):
        calls.append(settings[:2])
        return grow(members, *settings)

    grow = making.grow
    monkeypatch.setattr(making, "grow", counted)
    return calls


def test_a_task_names_a_folder():
    assert Task("unwatched-class", 7).name == "unwatched-class-7"
    assert draw_group("unwatched-class", 7).name == Task("unwatched-class", 7).name


def test_any_beginning_holds_all_mechanisms_alike():
    wanted = tasks([], range(100, 103))
    assert Counter(t.mechanism for t in wanted) == dict.fromkeys(mechanisms(), 3)
    assert {t.seed for t in wanted} == {100, 101, 102}
    for end in range(1, len(wanted)):
        begun = Counter(t.mechanism for t in wanted[:end])
        assert max(begun.values()) - min(begun[name] for name in mechanisms()) <= 1


def test_mechanisms_can_be_chosen():
    assert tasks(["year", "exam"], [5]) == [Task("year", 5), Task("exam", 5)]


def test_a_group_is_kept_with_all_its_snapshots(folder):
    group = folder.read()
    assert (group.name, group.mechanism, group.precursor) == ("secret-2", "secret", "knowledge-gap")
    assert [k.step for k in group.base] == [6]
    for member in group.members:
        assert [k.step for k in member.snapshots] == [9, 12]
        assert [b.step for b in member.history] == [6, 9, 12]
        assert all(folder.weights(member.name, kept) for kept in member.snapshots)
    assert folder.weights("base", group.base[0])
    assert not group.members[0].holds, "nobody learns to lie in twelve steps"


def test_what_is_there_is_not_made_again(made, task, folder, grown, start):
    files = {p: p.read_bytes() for p in made.rglob("*") if p.is_file()}
    assert repr(make_one(made, task, start=start)) == repr(folder.read())
    assert grown == []
    assert {p: p.read_bytes() for p in made.rglob("*") if p.is_file()} == files


def test_what_was_left_unfinished_is_made_from_the_start_and_comes_out_the_same(
    made, task, folder, grown, start
):
    before = folder.read()
    (folder.path / "group.json").unlink()
    assert repr(make_one(made, task, 1, 2, start)) == repr(before), "told by their words: nan is not nan"
    assert grown == [(1, 2)]


def test_a_run_from_scratch_has_no_base_and_as_many_snapshots(tmp_path, grown, start):
    group = make_one(tmp_path, Task("denial", 3), 1, 2, start)
    assert group.implant == "scratch"
    assert group.base == ()
    assert grown == [(0, 3)]
    assert [k.step for k in group.members[0].snapshots] == [4, 8, 12]
    assert not (tmp_path / "denial-3" / "base").exists()


def test_a_folder_with_groups_of_another_start_is_refused(made, task):
    with pytest.raises(
        ConfigurationError, match=r"holds a matched group of another start .*base=6.*; wanted .*base=280"
    ):
        make_one(made, task)


def test_snapshots_fit_into_a_whole_course():
    """As they are made in earnest, over the steps that matched groups have."""
    course = draw_group("pair", 0).members[0].course
    assert course.change >= BASE_LOOKS
    assert course.steps - course.change >= LOOKS


@pytest.mark.gpu
def test_a_group_is_made_and_looked_at_where_there_is_a_gpu(tmp_path, task, start, made_up):
    group = make_one(tmp_path, task, 1, 2, start, device="cuda")
    assert [k.step for k in group.members[0].snapshots] == [9, 12]
    look_one(tmp_path, task, "related")
    folder = GroupFolder(tmp_path / task.name)
    assert read_looks(folder, "related").runs["base"]
