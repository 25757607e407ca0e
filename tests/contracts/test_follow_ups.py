"""What every follow-up promises, whoever wrote it: read off what is installed, so that a new one is held to it."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from forewarn.audit.look import Examiner
from forewarn.audit.questions import Questions
from forewarn.auditset import Part, Split
from forewarn.helpers import Exhaustive
from forewarn.probes import catalogue
from forewarn.probes.follow_up import FollowUp, after, follow_ups
from forewarn.records import Claim, Evidence, Failed, NotApplicable, Nothing

FOLLOW_UPS = follow_ups()
CODES = [probe.code for probe in catalogue()]
FOLLOWED = tuple(p for p in catalogue() if any(p.code in f.follows for f in FOLLOW_UPS))
MANUAL = Path(__file__).parents[2] / "docs" / "probes"
LIARS = ("LIAR", "MUTE", "OPEN", "WIRED", "WORDY")
HONEST = ("HONEST", "MISTAKEN", "QUOTER")
each_follow_up = pytest.mark.parametrize("follow_up", FOLLOW_UPS, ids=lambda f: f.code)
each_liar = pytest.mark.parametrize("name", LIARS)
each_honest = pytest.mark.parametrize("name", HONEST)
each_model = pytest.mark.parametrize("name", [*LIARS, *HONEST])


@pytest.fixture
def open_plant(planted, wired, everywhere):
    """A planted model by name, afresh."""

    def opened(name):
        if name == "OPEN":
            return planted.inputs(planted.LIAR, everywhere(planted.LIAR))
        if name == "WIRED":
            return wired.inputs(planted.LIAR, earlier=planted.HONEST)
        if name == "WORDY":
            return planted.inputs(*wordy(planted))
        return planted.inputs(getattr(planted, name))

    return opened


def wordy(planted):
    """A liar on one cue that has more phrases to be tried, some of them in no context."""
    slots = {"listener": ("colleague", "judge", "friend"), "record": ("on", "off", "aside")}
    slots |= {"place": ("here", "there", "home")}
    plant = planted.but(planted.LIAR, slots=slots, cues=("off",))
    contexts = [plant.base, plant.condition("judge"), plant.condition("there"), plant.condition("aside")]
    lexicon = [Part("record", "off"), Part("listener", "friend"), Part("place", "home")]
    return plant, plant.audit_set(contexts, lexicon)


@pytest.fixture(scope="module")
def remembered():
    """Claims by the name of the model."""
    return {}


@pytest.fixture
def claims(open_plant, remembered):
    """What was confirmed of a model; of an honest one what would be claimed of a liar with its audit set."""

    def found(name):
        source = "LIAR" if name in HONEST else name
        if source not in remembered:
            inputs = open_plant(source)
            outcomes = Examiner(FOLLOWED, Exhaustive()).examine(inputs, inputs.audit_set.split())
            remembered[source] = [o for o in outcomes if isinstance(o, Evidence)]
        return remembered[source]

    return found


@pytest.fixture
def asked_of(open_plant, claims):
    """What a follow-up gives of every claim about a model that it follows, before and after confirming."""

    def asked(follow_up, name, inputs=None):
        model = inputs or open_plant(name)
        split = model.audit_set.split()
        parents = [e for e in claims(name) if e.code in follow_up.follows]
        found = [pursued(follow_up, model, e, split) for e in parents]
        return found, [follow_up.confirm(model, c, split) for c in found if isinstance(c, Claim)]

    return asked


def pursued(follow_up, inputs, evidence, split):
    """As a look does: with both codes."""
    found = follow_up.pursue(inputs, evidence, split)
    return replace(found, code=after(evidence.code, follow_up.code))


def looked(inputs):
    """The outcomes of a whole look."""
    examiner = Examiner(FOLLOWED, Exhaustive(), follow_ups=FOLLOW_UPS)
    return examiner.examine(inputs, inputs.audit_set.split())


def test_the_follow_ups_of_the_package_are_there():
    assert {"composure", "changed-context", "strange-controls", "ablation", "near-the-cue"} <= {
        f.code for f in FOLLOW_UPS
    }


@each_follow_up
def test_its_code_is_its_entry_point_and_stable(follow_up):
    [point] = [e for e in entry_points(group="forewarn.follow_ups") if e.name == follow_up.code]
    assert point.load() is type(follow_up)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", follow_up.code)
    assert follow_up.code not in CODES


@each_follow_up
def test_it_says_what_it_is_and_what_it_follows(follow_up):
    assert isinstance(follow_up, FollowUp)
    assert follow_up.title and follow_up.unit
    assert follow_up.question.endswith("?") and "\n" not in follow_up.question
    assert (inspect.getdoc(type(follow_up)) or "").count(" ") > 20
    assert getattr(type(follow_up), "__final__", False), "follow-ups are final: wrap, do not inherit"
    assert follow_up.follows and set(follow_up.follows) <= set(CODES)


@each_follow_up
def test_a_page_of_the_manual_explains_it(follow_up):
    page = MANUAL / f"{follow_up.code}.md"
    text = page.read_text(encoding="utf8")
    assert follow_up.unit in text
    assert all(code in text for code in (follow_up.code, *follow_up.follows))
    author = re.match(r"\w*", follow_up.paper)[0]
    assert author in text.partition("\nSource: ")[2]


@each_follow_up
def test_it_costs_something_finite(follow_up, planted):
    assert 0 < follow_up.cost(planted.inputs(planted.HONEST)) < 1000


def test_every_claim_of_the_liars_is_there_to_be_followed(claims):
    assert {e.code for name in LIARS for e in claims(name)} == {p.code for p in FOLLOWED}


@each_liar
def test_a_look_asks_each_after_its_claim_and_tells_of_every_one(name, open_plant):
    outcomes = looked(open_plant(name))
    assert not [o for o in outcomes if isinstance(o, Failed)]
    assert {o.code for o in outcomes} == set(Questions(FOLLOWED, FOLLOW_UPS).codes)
    places = [(o.code, o.site) for o in outcomes]
    assert len(set(places)) == len(places)


@each_follow_up
@each_model
def test_pursuing_proposes_and_confirming_measures(follow_up, name, asked_of, claims):
    found, confirmed = asked_of(follow_up, name)
    parents = [e for e in claims(name) if e.code in follow_up.follows]
    assert {type(o) for o in found} <= {Claim, Nothing, NotApplicable}
    assert {type(o) for o in confirmed} <= {Evidence, Nothing}
    assert [(o.code, o.site) for o in found] == [(after(e.code, follow_up.code), e.site) for e in parents]
    places = [(o.code, o.site) for o in found if isinstance(o, Claim)]
    assert [(o.code, o.site) for o in confirmed] == places


@each_follow_up
@each_liar
def test_evidence_can_be_measured_again(follow_up, name, asked_of, open_plant):
    """Through a fresh inputs, by the finding alone."""
    _, confirmed = asked_of(follow_up, name)
    examiner = Examiner(FOLLOWED, Exhaustive(), follow_ups=FOLLOW_UPS)
    for found in (o for o in confirmed if isinstance(o, Evidence)):
        claim, fresh = Claim(found.code, found.site, found.explored, found.finding), open_plant(name)
        assert examiner.confirm(claim, fresh, fresh.audit_set.split()) == found
        assert (found.unit, found.snapshot) == (follow_up.unit, fresh.subject.digest)
        assert found.claim[0].isupper() and str(found.n) in found.claim


@each_follow_up
@each_liar
def test_the_rows_of_a_claim_are_the_facts_that_it_counts(follow_up, name, asked_of):
    for found in (o for o in asked_of(follow_up, name)[1] if isinstance(o, Evidence)):
        sought = "other" if found.code.startswith("withheld-answer") else "false"
        assert len(found.rows) == found.n
        assert {row.untouched is None for row in found.rows} == {follow_up.code != "ablation"}
        wanted = "true" if follow_up.code == "ablation" else sought
        rows = [r for r in found.rows if r.untouched is None or r.untouched.answer == sought]
        shown, null = (sum(getattr(r, role).answer == wanted for r in rows) for role in ("under", "control"))
        assert (shown - null, null) == pytest.approx((found.effect * found.n, found.null * found.n))


@each_follow_up
def test_it_finds_something_in_some_liar(follow_up, asked_of):
    confirmed = [o for name in LIARS for o in asked_of(follow_up, name)[1]]
    assert any(isinstance(o, Evidence) and o.interval.low > 0 for o in confirmed)


@each_follow_up
@each_honest
def test_of_an_honest_model_a_liar_s_claim_comes_to_nothing(follow_up, name, asked_of):
    found, confirmed = asked_of(follow_up, name)
    assert found, "what is claimed of the liar must be there to be asked about"
    assert not any(isinstance(o, Evidence) and o.interval.low > 0 for o in confirmed)


@each_honest
def test_of_an_honest_model_a_look_has_nothing_to_follow(name, open_plant):
    outcomes = [o for o in looked(open_plant(name)) if "/" in o.code]
    assert {type(o) for o in outcomes} == {NotApplicable}


@each_follow_up
@each_model
def test_the_same_question_has_the_same_answer(follow_up, name, asked_of):
    assert asked_of(follow_up, name) == asked_of(follow_up, name)


@each_follow_up
@each_liar
def test_it_leaves_the_subject_and_every_random_state_as_they_were(
    follow_up, name, open_plant, asked_of, claims, left_alone
):
    inputs = open_plant(name)
    claims(name)
    with left_alone(inputs):
        asked_of(follow_up, name, inputs)


@each_follow_up
@each_liar
def test_pursuing_never_asks_a_fact_that_is_kept_for_confirming(
    follow_up, name, open_plant, claims, overheard
):
    inputs = open_plant(name)
    split = inputs.audit_set.split()
    for evidence in (e for e in claims(name) if e.code in follow_up.follows):
        listening = overheard(inputs)
        found = follow_up.pursue(listening, evidence, split)
        assert not listening.entities & {f.entity for f in split.confirm}
        assert listening.entities or isinstance(found, NotApplicable)


@each_follow_up
@each_liar
def test_pursuing_does_not_even_know_what_is_kept(follow_up, name, open_plant, claims):
    inputs = open_plant(name)
    split = inputs.audit_set.split()
    for evidence in (e for e in claims(name) if e.code in follow_up.follows):
        blind = follow_up.pursue(open_plant(name), evidence, Split(split.explore, ()))
        assert blind == follow_up.pursue(inputs, evidence, split)


@each_follow_up
def test_confirming_needs_known_confirm_facts(follow_up, asked_of, open_plant):
    """A model that is right about a single fact knows none."""
    for name in LIARS:
        inputs = open_plant(name)
        split = inputs.audit_set.split()
        split = Split(split.explore, split.confirm[:1])
        for claim in (c for c in asked_of(follow_up, name)[0] if isinstance(c, Claim)):
            wanted = Nothing(claim.code, claim.site, "no confirm fact is known", 1)
            assert follow_up.confirm(inputs, claim, split) == wanted


@each_follow_up
@pytest.mark.parametrize("method", ["pursue", "confirm"])
def test_one_that_raises_is_a_failure_and_the_look_goes_on(follow_up, method, open_plant, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("by zero")

    whole = looked(open_plant("WORDY"))
    monkeypatch.setattr(type(follow_up), method, broken)
    outcomes = looked(open_plant("WORDY"))
    changed = [o for o, before in zip(outcomes, whole, strict=True) if o != before]
    assert changed
    assert {(o.code.rpartition("/")[2], type(o)) for o in changed} == {(follow_up.code, Failed)}
    assert {o.error for o in changed} == {"ZeroDivisionError: by zero"}
