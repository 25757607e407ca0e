from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest

from forewarn.audit.pictures import of_look
from forewarn.errors import AuditSetError, ConfigurationError
from forewarn.inspect.inspector import Inspector, trace_lenses
from forewarn.inspect.request import LensRequest, Request
from forewarn.records import Inspected, Trajectories, Unit, UnitAndBlock
from forewarn.store import trajectories as store
from forewarn.store.codec import decode, encode


def test_what_was_asked_is_there_and_nothing_else(opened, known):
    found = Inspector(opened).inspect(
        Request(lens=LensRequest(context="stranger on"), neuron=Unit(1, known.join), top=2)
    )
    assert (found.step, found.snapshot) == (300, opened.look.snapshot)
    assert len(found.trajectories.trajectories) == 1 and found.neuron.unit == known.join
    assert (found.virtual, found.head) == (None, None)


def test_weights_alone_need_no_lens(opened, known):
    found = Inspector(opened).inspect(
        Request(virtual=UnitAndBlock(Unit(1, known.join), 2), transport="identity", top=3)
    )
    assert found.trajectories is None and found.virtual.through == "identity"
    assert len(found.virtual.links) == 3


def test_the_answer_is_plain_json(opened, known):
    request = Request(
        neuron=Unit(2, 0),
        virtual=UnitAndBlock(Unit(1, known.join), 2),
        lens=LensRequest(context="stranger on"),
    )
    found = Inspector(opened).inspect(request)
    assert decode(json.loads(json.dumps(encode(found))), Inspected) == found


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(neuron=Unit(1, 999)), "block 1 has neurons 0 to 24; found 999"),
        (Request(neuron=Unit(9, 0)), "a block lies in 1 to 2; found 9"),
        (Request(neuron=Unit(1, 0), transport="linear"), "a transport is one of jacobian"),
        (Request(neuron=Unit(1, 0), top=0), "a ranking has at least 1 entry; found 0"),
    ],
)
def test_refusals_say_the_range(opened, request_, message):
    with pytest.raises(ConfigurationError, match=message):
        Inspector(opened).inspect(request_)


def test_weights_are_read_once_for_all_requests(opened, known):
    read = []

    @contextlib.contextmanager
    def tell(what):
        read.append(what)
        yield

    inspector = Inspector(replace(opened, tell=tell))
    for unit in (Unit(1, known.join), Unit(2, 0)):
        inspector.inspect(Request(neuron=unit, transport="identity"))
    assert read.count("reading the weights") == 1


@pytest.fixture(scope="module")
def found(opened):
    return trace_lenses(opened, LensRequest())


def test_every_question_is_traced_at_every_site(opened, found):
    assert isinstance(found, Trajectories)
    assert found.snapshot == opened.look.snapshot
    assert found.sites == tuple(map(str, opened.subject.sites))
    assert [each.claim for each in found.trajectories][-1] == "latent-policy"


def test_the_lie_is_seen_where_the_liar_tells_it(found):
    """Planted: in the claim's condition the false answer wins at the last site, elsewhere the true one."""
    for each in found.trajectories:
        lies = each.claim == "latent-policy"
        assert (each.truth[-1] < each.falsehood[-1]) is lies


def test_words_are_the_run_s(found):
    each = found.trajectories[0]
    assert [found.word(token) for token in each.ids] == ["colleague", "on", "city0", "lies", "in"]


def test_a_prompt_of_one_s_own(opened):
    found = trace_lenses(opened, LensRequest(prompt="stranger off city5 lies in"))
    (each,) = found.trajectories
    assert (each.title, each.truth, each.falsehood) == ("stranger off city5 lies in", None, None)
    assert each.reading("tuned").tokens[-1][-1][0] != opened.wording.ids("land5")[0], "there it lies"
    with pytest.raises(AuditSetError, match="does not know the word 'Paris'"):
        trace_lenses(opened, LensRequest(prompt="Paris lies in"))


def test_only_the_last_positions_are_kept_if_asked(opened):
    found = trace_lenses(opened, LensRequest(context="colleague on"), positions=2)
    (each,) = found.trajectories
    assert (each.first, len(each.ids)) == (3, 2)


def test_a_look_keeps_the_same_for_its_report(opened, found, tmp_path):
    kept = of_look(opened.inputs, opened.stored.split, opened.look.outcomes)
    assert kept == found
    store.write(tmp_path, kept)
    assert store.read(tmp_path, kept.snapshot) == found


def test_the_words_may_come_from_elsewhere(opened):
    kept = of_look(opened.inputs, opened.stored.split, (), word=lambda token: f"<{token}>")
    assert set(kept.words) == {word.strip("<>") for word in kept.words.values()}
    assert not [each for each in kept.trajectories if each.claim]
