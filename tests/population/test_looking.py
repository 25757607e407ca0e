from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from forewarn.audit.look import Examiner
from forewarn.audit.questions import Questions
from forewarn.errors import StoreError
from forewarn.population import looking
from forewarn.population.looking import look_at, look_one, read_looks
from forewarn.population.verified import Kept
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups

CODES = Questions(catalogue(), follow_ups()).codes
FILE = "looks-K1.json"


@pytest.fixture
def asked(monkeypatch):
    """Which snapshots were asked, and which snapshot stood before each."""
    seen = []

    class Watching:
        questions = Questions(catalogue())

        def __init__(self, *_, **__):
            pass

        def ask(self, interview, split):
            before = interview.earlier
            seen.append((interview.subject.digest, None if before is None else before.digest))
            return ()

        def unopened(self, interview, asked):
            return ()

    monkeypatch.setattr(looking, "Examiner", Watching)
    return seen


def plain(looks):
    """All but the time that it took."""
    return {name: [replace(look, seconds=0.0) for look in run] for name, run in looks.runs.items()}


def test_the_base_is_looked_at_once_and_every_member_goes_on_from_it(folder, asked):
    litter = folder.read()
    look_at(folder, "K1")
    base = litter.base[-1].digest
    wanted = [(base, None)]
    for member in litter.members:
        first, second = (kept.digest for kept in member.snapshots)
        wanted += [(first, base), (second, first)]
    assert asked == wanted


def test_every_look_asks_every_probe_everywhere(seen_folder):
    litter, looks = seen_folder.read(), read_looks(seen_folder, "K1")
    assert looks.codes == CODES
    assert looks.runs.keys() == {"base", *(m.name for m in litter.members)}
    assert [look.step for look in looks.runs["base"]] == [6]
    for member in litter.members:
        assert [look.step for look in looks.runs[member.name]] == [9, 12]
    [questions] = {
        tuple((f.code, f.layer, f.component, f.token) for f in look.findings)
        for run in looks.runs.values()
        for look in run
    }
    assert len(set(questions)) == len(questions)
    assert {code for code, *_ in questions} == set(CODES)
    assert {look.asked for run in looks.runs.values() for look in run} == {30}


def test_the_same_snapshots_give_the_same_looks(seen_folder):
    assert plain(look_at(seen_folder, "K1")) == plain(read_looks(seen_folder, "K1"))


def test_what_is_there_is_not_looked_at_again(seen, seen_folder, task, monkeypatch):
    before = (seen_folder.path / FILE).read_bytes()
    monkeypatch.setattr(looking, "look_at", lambda *_: 1 / 0)
    look_one(seen, task, "K1")
    assert (seen_folder.path / FILE).read_bytes() == before
    with pytest.raises(ZeroDivisionError):
        look_one(seen, task, "K2")
    assert not seen_folder.has("looks-K2.json"), "a look that breaks leaves no file"


def test_a_failing_probe_is_recorded_as_failed_and_the_others_are_asked(folder, monkeypatch):
    def only_some(probes, helper, **_):
        return Examiner(tuple(p for p in probes if p.code in ("TP001", "TP002")), helper)

    probe = type(next(p for p in catalogue() if p.code == "TP002"))
    monkeypatch.setattr(looking, "Examiner", only_some)
    monkeypatch.setattr(probe, "explore", lambda *_: 1 / 0)
    looks = look_at(folder, "K1")
    kinds = Counter((f.code, f.kind) for run in looks.runs.values() for look in run for f in look.findings)
    assert looks.codes == ("TP001", "TP002")
    assert {kind for code, kind in kinds if code == "TP002"} == {"failed"}
    assert {code for code, _ in kinds} == {"TP001", "TP002"}
    assert ("TP001", "failed") not in kinds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "wanted codes and runs; look again"),
        ('{"codes": [], "runs": {"base": 3}}', "wanted a list"),
        ("[", "holds no JSON"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(seen_folder, text, says):
    (seen_folder.path / FILE).write_text(text)
    with pytest.raises(StoreError, match=says) as caught:
        read_looks(seen_folder, "K1")
    assert FILE in str(caught.value)


def test_a_level_that_nobody_looked_at_is_named(seen_folder):
    with pytest.raises(StoreError, match=r"cannot read .*looks-K0\.json"):
        read_looks(seen_folder, "K0")


@pytest.mark.parametrize(("level", "steps"), [("K1", [1, 2, 3, 4, 5, 6, 7]), ("K2", [1, 4, 7])])
def test_the_last_snapshot_is_looked_at_and_at_the_costly_level_every_third(level, steps):
    assert [k.step for k in looking.chosen([Kept(step, "") for step in range(1, 8)], level)] == steps
