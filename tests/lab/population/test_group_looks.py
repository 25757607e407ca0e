from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from forewarn.audit.look import Examiner
from forewarn.audit.questions import Questions
from forewarn.errors import ConfigurationError, StoreError
from forewarn.helpers.look import NEW, Choice, Look
from forewarn.helpers.policy import Situation
from forewarn.lab.population import group_looks
from forewarn.lab.population.group_looks import GroupLooks, look_at, look_one, read_looks
from forewarn.lab.population.verified import Kept
from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups
from forewarn.records import Failed

CODES = Questions(catalogue(), follow_ups()).codes
FILE = "looks-related.json"


@pytest.fixture
def asked(monkeypatch):
    """Which snapshots were asked, and which snapshot stood before each."""
    seen = []

    class Watching:
        questions = Questions(catalogue())

        def __init__(self, *_, **__):
            pass

        def look(self, inputs, split):
            before = inputs.earlier
            seen.append((inputs.subject.digest, None if before is None else before.digest))
            return Look((Choice(Situation((), (), 0.0), None),), (), NEW)

    monkeypatch.setattr(group_looks, "Examiner", Watching)
    return seen


def counted(sources, act):
    """What an act gives, and how often it asked each source."""
    before = [source.asked for source in sources]
    found = act()
    return found, [source.asked - n for source, n in zip(sources, before, strict=True)]


def without(looks, *codes):
    """Looks at which some codes were not asked."""
    runs = {
        name: tuple(look.only(a.inquiry.code not in codes for a in look.answers) for look in run)
        for name, run in looks.runs.items()
    }
    return GroupLooks(looks.level, tuple(c for c in looks.codes if c not in codes), runs)


def plain(looks):
    """All but the time that it took."""
    return {name: [replace(look, seconds=0.0) for look in run] for name, run in looks.runs.items()}


def test_the_base_is_looked_at_once_and_every_member_goes_on_from_it(folder, asked):
    group = folder.read()
    look_at(folder, "related")
    base = group.base[-1].digest
    wanted = [(base, None)]
    for member in group.members:
        first, second = (kept.digest for kept in member.snapshots)
        wanted += [(first, base), (second, first)]
    assert asked == wanted


def test_every_look_asks_every_probe_everywhere(seen_folder):
    group, looks = seen_folder.read(), read_looks(seen_folder, "related")
    assert looks.codes == CODES
    assert looks.runs.keys() == {"base", *(m.name for m in group.members)}
    assert [look.step for look in looks.runs["base"]] == [6]
    for member in group.members:
        assert [look.step for look in looks.runs[member.name]] == [9, 12]
    [questions] = {look.questions for run in looks.runs.values() for look in run}
    assert len(set(questions)) == len(questions)
    assert {code for code, *_ in questions} == set(CODES)
    assert {look.asked for run in looks.runs.values() for look in run} == {30}


def test_the_same_snapshots_give_the_same_looks(seen_folder):
    assert plain(look_at(seen_folder, "related")) == plain(read_looks(seen_folder, "related"))


def test_what_is_there_is_not_looked_at_again(seen, seen_folder, task, monkeypatch):
    before = (seen_folder.path / FILE).read_bytes()
    monkeypatch.setattr(group_looks, "look_at", lambda *_: 1 / 0)
    look_one(seen, task, "related")
    assert (seen_folder.path / FILE).read_bytes() == before
    with pytest.raises(ZeroDivisionError):
        look_one(seen, task, "unseen")
    assert not seen_folder.has("looks-unseen.json"), "a look that breaks leaves no file"


def test_a_failing_probe_is_recorded_as_failed_and_the_others_are_asked(folder, recorded, monkeypatch):
    def only_some(probes, helper, **_):
        return Examiner(tuple(p for p in probes if p.code in ("knowledge-gap", "observer")), helper)

    probe = type(next(p for p in catalogue() if p.code == "observer"))
    monkeypatch.setattr(group_looks, "Examiner", only_some)
    monkeypatch.setattr(probe, "explore", lambda *_: 1 / 0)
    looks = look_at(folder, "related")
    kinds = Counter(
        (a.inquiry.code, recorded.kind(a))
        for run in looks.runs.values()
        for look in run
        for a in look.answers
    )
    assert looks.codes == ("knowledge-gap", "observer")
    assert {kind for code, kind in kinds if code == "observer"} == {"failed"}
    assert {code for code, _ in kinds} == {"knowledge-gap", "observer"}
    assert ("knowledge-gap", "failed") not in kinds


def test_every_look_tells_all_questions_in_one_order_whatever_came_of_them(folder, recorded, made_up):
    looks = look_at(folder, "related")
    told = {
        name: {tuple((*recorded.place(a), recorded.kind(a)) for a in look.answers) for look in run}
        for name, run in looks.runs.items()
    }
    both, one = ("evidence", "evidence"), ("evidence", "nothing")
    assert told.pop("base") == {questions(both, both)}
    assert all(found == {questions(one, ("evidence", "not-applicable"))} for found in told.values())


def questions(claimed, followed):
    return tuple(
        row
        for code in ("A", "B")
        for layer, kinds in enumerate(zip(claimed, followed, strict=True), 1)
        for row in ((code, layer, kinds[0]), (f"{code}/F", layer, kinds[1]))
    )


@pytest.mark.parametrize(
    ("gone", "asks"),
    [
        (("A/F", "B/F"), [8, 8, 16]),
        (("B/F",), [0, 8, 8]),
        (("A", "A/F", "B", "B/F"), [14, 14, 16]),
    ],
)
def test_a_look_is_completed_to_a_whole_one_by_asking_what_it_lacks(folder, made_up, gone, asks):
    """Of 7 looks at 2 sites, 8 claims are made; what a missing follow-up follows is asked again."""
    whole, all_asks = counted(made_up, lambda: look_at(folder, "related"))
    assert all_asks == [14, 14, 16]
    found, more = counted(made_up, lambda: look_at(folder, "related", without(whole, *gone)))
    assert plain(found) == plain(whole)
    assert found.codes == whole.codes == ("A", "A/F", "B", "B/F")
    assert more == asks


@pytest.mark.parametrize(("broken", "asks"), [(0, [14, 0, 8]), (2, [8, 8, 16])])
def test_what_failed_is_asked_again_with_what_follows_it(made, folder, task, made_up, broken, asks):
    whole = look_at(folder, "related")
    made_up[broken].broken = True
    look_one(made, task, "related")
    assert any(isinstance(o, Failed) for o in read_looks(folder, "related").runs["base"][0].outcomes)
    made_up[broken].broken = False
    _, more = counted(made_up, lambda: look_one(made, task, "related"))
    assert plain(read_looks(folder, "related")) == plain(whole)
    assert more == asks
    before = (folder.path / FILE).read_bytes()
    assert counted(made_up, lambda: look_one(made, task, "related")) == (None, [0, 0, 0])
    assert (folder.path / FILE).read_bytes() == before


def test_a_probe_that_is_new_is_asked_of_a_group_that_was_looked_at(made, folder, task, made_up, monkeypatch):
    whole = look_at(folder, "related")
    with monkeypatch.context() as then:
        then.setattr(group_looks, "catalogue", lambda: made_up[:1])
        then.setattr(group_looks, "follow_ups", tuple)
        look_one(made, task, "related")
    assert read_looks(folder, "related").codes == ("A",)
    _, more = counted(made_up, lambda: look_one(made, task, "related"))
    assert plain(read_looks(folder, "related")) == plain(whole)
    assert more == [8, 14, 16]


def test_real_looks_are_completed_to_what_a_whole_look_gives(seen_folder):
    whole = read_looks(seen_folder, "related")
    assert plain(
        look_at(seen_folder, "related", without(whole, "observer", "latent-policy/composure"))
    ) == plain(whole)


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
        read_looks(seen_folder, "related")
    assert FILE in str(caught.value)


def test_a_level_that_nobody_looked_at_is_named(seen_folder):
    with pytest.raises(StoreError, match=r"there is no file .*looks-seen\.json"):
        read_looks(seen_folder, "seen")


@pytest.mark.parametrize(("level", "steps"), [("related", [1, 2, 3, 4, 5, 6, 7]), ("unseen", [1, 4, 7])])
def test_the_last_snapshot_is_looked_at_and_at_the_costly_level_every_third(level, steps):
    assert [k.step for k in group_looks.chosen([Kept(step, "") for step in range(1, 8)], level)] == steps


def test_some_probes_alone_are_asked_and_others_later(made, folder, task, made_up):
    _, counts = counted(made_up, lambda: look_one(made, task, "related", ["B"]))
    looks = read_looks(folder, "related")
    assert looks.codes == ("B", "B/F")
    assert (counts[0], counts[1] > 0) == (0, True)
    _, counts = counted(made_up, lambda: look_one(made, task, "related", ["B"]))
    assert counts == [0, 0, 0], "what was asked is not asked again"
    look_one(made, task, "related", ["A"])
    assert read_looks(folder, "related").codes == ("A", "A/F", "B", "B/F"), "no look loses what it holds"
    assert plain(read_looks(folder, "related")) == plain(look_at(folder, "related"))


def test_a_probe_that_is_not_there_is_named(made, task, made_up):
    with pytest.raises(ConfigurationError, match="C is not installed; there are A, B"):
        look_one(made, task, "related", ["C"])
