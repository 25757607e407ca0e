from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.lab.population.checking import TOLERANCE, check_one


@pytest.fixture
def rewritten(folder):
    """Writes a share at the last look of one kind's history otherwise than it was measured."""

    def made(kind, **shares):
        group = folder.read()
        members = tuple(
            m if m.kind != kind else replace(m, history=(*m.history[:-1], replace(m.history[-1], **shares)))
            for m in group.members
        )
        folder.finish(replace(group, members=members))

    return made


def spoil(path):
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))


def test_what_is_as_it_was_made_has_no_problem(made, task):
    assert check_one(made, task) == ()


@pytest.mark.parametrize("file", ["base/6", "secret-2-belief/9", "secret-2-secret/12"])
def test_a_file_that_was_changed_is_named(made, task, folder, file):
    spoil(folder.path / f"{file}.safetensors")
    [problem] = check_one(made, task)
    assert (
        problem
        == f"{folder.path / file}.safetensors is not the file that was written; make the matched group again"
    )


def test_every_file_that_is_gone_or_changed_is_named(made, task, folder):
    (folder.path / "base" / "6.safetensors").unlink()
    spoil(folder.path / "secret-2-tale" / "9.safetensors")
    spoil(folder.path / "secret-2-tale" / "12.safetensors")
    gone, *changed = check_one(made, task)
    assert gone == f"there is no file {folder.path / 'base' / '6.safetensors'}"
    assert [problem.split(" is not ")[0] for problem in changed] == [
        str(folder.path / "secret-2-tale" / f"{step}.safetensors") for step in (9, 12)
    ]


@pytest.mark.parametrize(
    "share", ["affected_false", "affected_true", "affected_kept", "elsewhere_true", "elsewhere_kept"]
)
def test_behaviour_that_was_written_down_wrongly_is_told_beside_what_is_found(
    made, task, folder, rewritten, share
):
    true = folder.read().members[0].history[-1]
    rewritten("secret", **{share: getattr(true, share) + 0.5})
    [problem] = check_one(made, task)
    assert problem.startswith(f"secret-2-secret does {true} at its end, and Behaviour(step=12")
    assert problem.endswith("was written down")


@pytest.mark.parametrize(("by", "problems"), [(TOLERANCE / 2, 0), (2 * TOLERANCE, 1)])
def test_what_another_machines_arithmetic_may_do_is_no_problem(made, task, folder, rewritten, by, problems):
    rewritten("tale", affected_kept=folder.read().members[2].history[-1].affected_kept + by)
    assert len(check_one(made, task)) == problems


def test_checking_changes_nothing(made, task):
    before = {p: p.read_bytes() for p in made.rglob("*") if p.is_file()}
    check_one(made, task)
    assert {p: p.read_bytes() for p in made.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("wrong", [{"holds": True}, {"onset": 9}])
def test_a_judgement_that_does_not_follow_from_the_history_is_named(made, task, folder, wrong):
    group = folder.read()
    first = replace(group.members[0], **wrong)
    folder.finish(replace(group, members=(first, *group.members[1:])))
    [problem] = check_one(made, task)
    assert problem.startswith(
        f"{first.name}: its history says deceptive True, holds False, onset None; written"
    )
