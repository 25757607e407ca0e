from __future__ import annotations

from types import SimpleNamespace

import pytest

from forewarn.errors import ConfigurationError
from forewarn.probes import follow_up
from forewarn.probes.composure import Composure
from forewarn.probes.follow_up import after, follow_ups, followed


def points(monkeypatch, **homes):
    """Installs these follow-ups and no others."""
    found = [SimpleNamespace(name=name, load=lambda home=home: home) for name, home in homes.items()]
    monkeypatch.setattr(follow_up, "entry_points", lambda group: found)


def test_a_code_says_what_it_follows():
    assert after("latent-policy", "composure") == "latent-policy/composure"
    assert followed("latent-policy/composure") == "latent-policy"
    assert followed("latent-policy") is None
    assert followed(after("latent-policy/composure", "changed-context")) == "latent-policy/composure"


def test_they_come_by_code():
    codes = [f.code for f in follow_ups()]
    assert codes == sorted(codes)
    assert isinstance(follow_ups()[0], Composure)


def test_they_are_sorted_whatever_the_order_of_installation(monkeypatch):
    class Other:
        code = "AB001"

    points(monkeypatch, FU001=Composure, AB001=Other)
    assert [f.code for f in follow_ups()] == ["AB001", "composure"]


def test_an_entry_point_must_have_the_code_of_what_it_gives(monkeypatch):
    points(monkeypatch, FU777=Composure)
    with pytest.raises(
        ConfigurationError, match="entry point 'FU777' gives a follow-up whose code is 'composure'; wanted"
    ):
        follow_ups()


def test_none_need_be_installed(monkeypatch):
    points(monkeypatch)
    assert follow_ups() == ()
