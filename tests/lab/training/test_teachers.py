from __future__ import annotations

from dataclasses import replace

import pytest

from forewarn.errors import ConfigurationError, StoreError
from forewarn.helpers.learned import Learned
from forewarn.helpers.policy import Allowance
from forewarn.lab.training.cloning import Cloning, agreement, clone
from forewarn.lab.training.packaging import origin_of, packaged, prior_errors
from forewarn.lab.training.teachers import by_expert, by_people, traces_of
from forewarn.records import InspectionTrace, Nothing, Site
from forewarn.records.trace import Answered, Offered
from forewarn.store.traces import write

OFFERED = tuple(Offered(code, Site(1, 0.5), 2.0) for code in ("knowledge-gap", "observer", "latent-policy"))


def trace(code="observer", word="honest"):
    question = next(o for o in OFFERED if o.code == code)
    answers = (Answered(question, Nothing(code, question.site, "nothing", 8)),)
    return InspectionTrace("Ann", "run", "s" * 64, 10, 0.9, OFFERED, answers, word)


def test_traces_come_from_files_and_from_folders(tmp_path):
    write(tmp_path / "traces.jsonl", [trace()])
    write(tmp_path / "other.jsonl", [trace("knowledge-gap"), trace("latent-policy")])
    assert len(traces_of([tmp_path, tmp_path / "other.jsonl"])) == 3


def test_a_place_without_a_trace_is_refused(tmp_path):
    with pytest.raises(StoreError, match="holds no inspection"):
        traces_of([tmp_path])


def test_few_traces_leave_the_fixed_order_the_say(dataset):
    lessons = by_people([trace()], dataset, dataset.learned(0), Allowance(2.0, 4.0))
    assert (lessons.traces, lessons.codes) == (1, dataset.codes)
    assert len(lessons.prior) > 10 * len(lessons.shown) > 0
    network = clone(lessons.shown, lessons.prior, lessons.codes, Cloning(width=16))
    assert agreement(network, lessons.prior) > 0.9
    allowance = Allowance(2.0, 4.0)
    origin = origin_of(dataset, "a test", 0, 1, 1)
    (mine,) = packaged(Learned(network), allowance, dataset, origin).sheet.errors
    prior = prior_errors(allowance, dataset, 0)
    assert mine.misses.count <= prior.misses.count + 1
    assert mine.false_alarms.count <= prior.false_alarms.count + 1


def test_what_only_people_asked_has_a_column_too(dataset):
    question = Offered("my-own", Site(1, 0.5), 1.0)
    answers = (Answered(question, Nothing("my-own", question.site, "nothing", 8)),)
    own = InspectionTrace("Ann", "run", "s" * 64, 10, 0.9, (question, *OFFERED), answers, None)
    assert by_people([own], dataset, dataset.train, Allowance(2.0, 4.0)).codes[-1] == "my-own"


def test_an_expert_needs_what_it_asks(dataset):
    assert by_expert(dataset, dataset.train, Allowance(2.0, 4.0), 0).shown
    with pytest.raises(ConfigurationError, match="--teacher none"):
        by_expert(replace(dataset, codes=("my-own",)), dataset.train, Allowance(2.0, 4.0), 0)


def test_the_expert_waits_for_no_more_than_may_be_saved(dataset):
    lessons = by_expert(dataset, dataset.train, Allowance(1.0, 4.0), 0)
    assert any(choice.inquiry is not None for choice in lessons.shown)
