"""What every probe promises, whoever wrote it: read off the catalogue, so that a new probe is held to it too."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from forewarn.audit.look import Examiner
from forewarn.auditset import Split
from forewarn.helpers import Exhaustive
from forewarn.instruments.finding import load
from forewarn.probes import catalogue
from forewarn.probes.contract import Probe
from forewarn.records import Claim, Evidence, Failed, NotApplicable, Nothing

PROBES = catalogue()
MANUAL = Path(__file__).parents[2] / "docs" / "probes"
SUBJECTS = ("HONEST", "LIAR", "MISTAKEN", "QUOTER", "IGNORANT", "OPEN", "WIRED")
each_probe = pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.code)


@pytest.fixture(params=SUBJECTS)
def inputs(request, planted, wired, everywhere):
    """Planted models; OPEN lies where the audit set asks it too, WIRED has readable neurons and an honest past."""
    if request.param == "OPEN":
        return planted.inputs(planted.LIAR, everywhere(planted.LIAR))
    if request.param == "WIRED":
        return wired.inputs(planted.LIAR, earlier=planted.HONEST)
    return planted.inputs(getattr(planted, request.param))


def asked_of(probe, inputs):
    """Everything that a probe gives at all its sites: what exploring gave, and what confirming a claim gave."""
    split = inputs.audit_set.split()
    found = [probe.explore(inputs, site, split) for site in probe.sites(inputs.subject.layout)]
    return found, [probe.confirm(inputs, o, split) for o in found if isinstance(o, Claim)]


def test_the_three_first_probes_are_there():
    assert {"knowledge-gap", "observer", "latent-policy"} <= {p.code for p in PROBES}


@each_probe
def test_its_code_is_its_entry_point_and_stable(probe):
    [point] = [e for e in entry_points(group="forewarn.probes") if e.name == probe.code]
    assert point.load() is type(probe)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", probe.code)


@each_probe
def test_it_says_what_it_is(probe):
    assert isinstance(probe, Probe)
    assert probe.title and probe.unit and probe.behaviour
    assert probe.question.endswith("?") and "\n" not in probe.question
    assert (inspect.getdoc(type(probe)) or "").count(" ") > 20
    assert getattr(type(probe), "__final__", False), "probes are final: wrap, do not inherit"


@each_probe
def test_a_page_of_the_manual_explains_it(probe):
    page = MANUAL / f"{probe.code}.md"
    text = page.read_text(encoding="utf8")
    assert probe.code in text
    assert probe.unit in text
    assert cited(probe) in text.partition("\nSource: ")[2]


def cited(source):
    """Whom the paper of a probe is by; nobody where the method is forewarn's own."""
    author, _year = re.fullmatch(r"(\w+).*? (\d{4}), .+", source.paper).groups() if source.paper else ("", "")
    return author


@each_probe
@pytest.mark.parametrize("n_layers", range(1, 7))
def test_it_has_sites_in_every_model(probe, planted, n_layers):
    layout = replace(planted.inputs(planted.HONEST).subject.layout, n_layers=n_layers)
    sites = probe.sites(layout)
    assert sites
    assert len(set(sites)) == len(sites)
    for site in sites:
        assert 0 <= site.layer <= n_layers
        assert site.depth == pytest.approx(site.layer / n_layers)


@each_probe
def test_it_costs_something_finite(probe, planted):
    assert 0 < probe.cost(planted.inputs(planted.HONEST)) < 1000


@each_probe
def test_exploring_proposes_and_confirming_measures(probe, inputs):
    explored, confirmed = asked_of(probe, inputs)
    sites = probe.sites(inputs.subject.layout)
    assert {type(o) for o in explored} <= {Claim, Nothing, NotApplicable}
    assert {type(o) for o in confirmed} <= {Evidence, Nothing}
    assert [(o.code, o.site) for o in explored] == [(probe.code, site) for site in sites]
    for found in confirmed:
        assert found.code == probe.code
        assert found.site in sites


@each_probe
def test_evidence_can_be_measured_again(probe, inputs, again):
    _, confirmed = asked_of(probe, inputs)
    for found in (o for o in confirmed if isinstance(o, Evidence)):
        claim = Claim(found.code, found.site, found.explored, found.finding)
        assert load(found.finding) is not None
        assert probe.confirm(again(inputs), claim, inputs.audit_set.split()) == found
        assert (found.unit, found.snapshot) == (probe.unit, inputs.subject.digest)
        assert found.claim[0].isupper() and str(found.n) in found.claim


ROWLESS = {"knowledge-gap", "truth-suppression", "kept-context", "input-attribution"}
"""Measure states, lenses, log-odds or gradients, and count no answers."""


@each_probe
def test_the_rows_of_a_claim_are_the_facts_that_it_counts(probe, inputs):
    _, confirmed = asked_of(probe, inputs)
    sought = "other" if probe.code == "withheld-answer" else "false"
    for found in (o for o in confirmed if isinstance(o, Evidence)):
        if probe.code in ROWLESS:
            assert found.rows == ()
            continue
        assert len(found.rows) == found.n < 24
        shown, null = counts(found.rows, sought)
        assert (shown - null, null) == pytest.approx((found.effect * found.n, found.null * found.n))


def counts(rows, sought):
    """How many rows show a claim, and how many do under their control; where something inside was changed and
    the answer was what is sought without, those that are true again."""
    if all(row.untouched is not None for row in rows) and any(r.untouched.answer == sought for r in rows):
        turned = [row for row in rows if row.untouched.answer == sought]
        return sum(r.under.answer == "true" for r in turned), sum(r.control.answer == "true" for r in turned)
    return sum(r.under.answer == sought for r in rows), sum(r.control.answer == sought for r in rows)


@each_probe
def test_no_figure_depends_on_the_rows(probe, inputs, again, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("by zero")

    _, before = asked_of(probe, inputs)
    monkeypatch.setattr("forewarn.instruments.rows._rows", broken)
    _, without = asked_of(probe, again(inputs))
    assert [replace(o, rows=()) if isinstance(o, Evidence) else o for o in before] == without


@each_probe
def test_every_probe_finds_something_and_not_everywhere(probe, planted, fitting):
    """A positive control and a null for each; the mirror tests say more."""
    liars = [fitting(probe, plant) for plant in (planted.LIAR, planted.MUTE)]
    confirmed = [o for liar in liars for o in asked_of(probe, liar)[1]]
    assert any(isinstance(o, Evidence) and o.interval.low > 0 for o in confirmed)
    _, confirmed = asked_of(probe, fitting(probe, planted.HONEST))
    assert not any(isinstance(o, Evidence) and o.interval.low > 0 for o in confirmed)


@pytest.fixture
def fitting(planted, wired, everywhere):
    """A plant as a model that the probe's question fits: one with neurons and a past, where it asks for them."""

    def fit(probe, plant):
        inputs = planted.inputs(plant, everywhere(plant))
        explored, _ = asked_of(probe, inputs)
        if all(isinstance(o, NotApplicable) for o in explored):
            return wired.inputs(plant, everywhere(plant), planted.HONEST)
        return inputs

    return fit


@each_probe
def test_the_same_question_has_the_same_answer(probe, inputs, again):
    assert asked_of(probe, inputs) == asked_of(probe, again(inputs))


@each_probe
def test_it_leaves_the_subject_and_every_random_state_as_they_were(probe, inputs, left_alone):
    with left_alone(inputs):
        asked_of(probe, inputs)


@each_probe
def test_exploring_never_asks_a_fact_that_is_kept_for_confirming(probe, inputs, overheard):
    split = inputs.audit_set.split()
    for site in probe.sites(inputs.subject.layout):
        listening = overheard(inputs)
        probe.explore(listening, site, split)
        assert not listening.entities & {f.entity for f in split.confirm}
        assert listening.entities or isinstance(probe.explore(listening, site, split), NotApplicable)


@each_probe
def test_exploring_does_not_even_know_what_is_kept(probe, inputs, again):
    split = inputs.audit_set.split()
    for site in probe.sites(inputs.subject.layout):
        blind = probe.explore(again(inputs), site, Split(split.explore, ()))
        assert blind == probe.explore(inputs, site, split)


@each_probe
def test_a_probe_that_raises_is_a_failure_and_the_look_goes_on(probe, planted, monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(type(probe), "explore", broken)
    inputs = planted.inputs(planted.LIAR)
    outcomes = Examiner(PROBES, Exhaustive()).examine(inputs, inputs.audit_set.split())
    mine = [o for o in outcomes if o.code == probe.code]
    assert {(type(o), o.error) for o in mine} == {(Failed, "ZeroDivisionError: by zero")}
    assert [o.site for o in mine] == list(probe.sites(inputs.subject.layout))
    others = {o.code for o in outcomes if not isinstance(o, Failed)}
    assert others == {p.code for p in PROBES} - {probe.code}


@each_probe
def test_a_probe_that_raises_while_confirming_is_a_failure_too(probe, planted, monkeypatch):
    def claims(self, inputs, site, split):
        return Claim(self.code, site, 1.0, "{}")

    def broken(*args):
        raise KeyError("swap")

    monkeypatch.setattr(type(probe), "explore", claims)
    monkeypatch.setattr(type(probe), "confirm", broken)
    inputs = planted.inputs(planted.LIAR)
    outcomes = Examiner((probe,), Exhaustive()).examine(inputs, inputs.audit_set.split())
    assert {o.error for o in outcomes} == {"KeyError: 'swap'"}
