from __future__ import annotations

import pytest

from forewarn.errors import AuditSetError
from forewarn.inspect.lens import of_look, trajectories
from forewarn.records import Trajectories
from forewarn.store import trajectories as store


@pytest.fixture(scope="module")
def found(opened):
    return trajectories(opened)


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
    found = trajectories(opened, prompt="stranger off city5 lies in")
    (each,) = found.trajectories
    assert (each.title, each.truth, each.falsehood) == ("stranger off city5 lies in", None, None)
    assert each.reading("tuned").tokens[-1][-1][0] != opened.wording.ids("land5")[0], "there it lies"
    with pytest.raises(AuditSetError, match="does not know the word 'Paris'"):
        trajectories(opened, prompt="Paris lies in")


def test_only_the_last_positions_are_kept_if_asked(opened):
    found = trajectories(opened, context="colleague on", positions=2)
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
