from __future__ import annotations

import pytest
import torch

from forewarn.errors import NotApplicableError
from forewarn.instruments.differences.restoring import ThenAndNow
from forewarn.instruments.differences.words import ViewMaps, first_direction, promising, view_maps, words
from forewarn.instruments.differences.writes import WriteChange
from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.transports import Identity
from forewarn.records import StreamSite

BARE = ViewMaps(Identity(), Identity())
LAST = StreamSite(2)


@pytest.fixture
def case(planted, wired):
    """A wired liar beside its honest past, asked about one fact that it lies about."""
    inputs = wired.inputs(planted.LIAR, earlier=planted.HONEST)
    condition = planted.LIAR.condition("stranger", "off")
    return ThenAndNow(inputs, inputs.earlier, planted.LIAR.facts[:1], condition)


def along(*axes, reads=0, width=74):
    """A change in the directions of some axes of the last site, driven by one axis of the embedding."""
    eye = torch.eye(width, dtype=torch.float64)
    energy = torch.tensor([1.0] * len(axes) + [0.0] * (width - len(axes)), dtype=torch.float64)
    directions = torch.cat([eye[list(axes)], eye[[k for k in range(width) if k not in axes]]])
    return WriteChange("mlp", 2, LAST, StreamSite(0), energy, directions, eye[[reads]].expand(width, -1), 0.5)


def test_directions_are_named_by_what_they_promote_and_what_drives_them(case, planted, wired):
    """The lie's axis has risen since, the truth's has fallen: a direction points where the stream went."""
    s = wired.Sections(planted.LIAR)
    cue = dict(zip(planted.LIAR.phrases, s.cue, strict=True))["stranger"]
    change = along(s.answer[1], s.answer[0], reads=cue)
    lie, truth = words(change, case, BARE)
    assert lie["promotes"][0] == "land1"
    assert lie["driven_by"] == ["stranger"]
    assert "land0" not in truth["promotes"] and len(truth["promotes"]) == 3
    assert "stranger" not in truth["driven_by"]


def test_a_direction_that_no_token_shows_names_none(case, planted, wired):
    hidden = wired.Sections(planted.LIAR).join[0]
    assert words(along(hidden, reads=hidden), case, BARE) == [{"promotes": [], "driven_by": []}]


def test_what_takes_most_from_the_truth_comes_first(case, planted, wired):
    s = wired.Sections(planted.LIAR)
    both, lie, none = along(s.answer[0], s.answer[1]), along(s.answer[1]), along(s.entity[0])
    assert promising([none, lie, both], case, Identity()) == [both, lie, none]


def test_read_through_the_look_s_lenses(trained_liar):
    inputs = trained_liar.inputs()
    through = view_maps(inputs, inputs.audit_set.split())
    assert through.output.name == "tuned" and isinstance(through.tokens, LensSet)


def test_read_bare_where_there_are_no_lenses(case, monkeypatch):
    def refuse(self, split):
        raise NotApplicableError("none")

    monkeypatch.setattr(type(case.inputs), "lenses", refuse)
    through = view_maps(case.inputs, case.inputs.audit_set.split())
    assert (type(through.output), type(through.tokens)) == (Identity, Identity)


def test_the_first_direction_in_words():
    first = {"promotes": ["a", "b"], "driven_by": []}
    assert first_direction([first, {}]) == "promotes 'a', 'b' and is driven by no token"
