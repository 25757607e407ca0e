from __future__ import annotations

import pytest

from forewarn.report.manifest import ProbeEntry
from forewarn.report.titles import UNTITLED, Titles


def test_a_third_partys_probe_has_the_title_of_the_manifest():
    titles = Titles.of([ProbeEntry("flat-1", "flattery under praise"), ProbeEntry("observer")])
    assert titles.name("flat-1") == "flattery under praise (flat-1)"
    assert titles.title("flat-1/composure") == "composure"
    assert titles.name("observer") == "observer"


def test_what_has_no_title_goes_by_its_code():
    assert UNTITLED.name("latent-policy/composure") == "latent-policy/composure"
    assert UNTITLED.title("latent-policy/composure") == "composure"
    assert UNTITLED.title("latent-policy") == "latent policy"
    assert UNTITLED.name("XX001") == "XX001"


def test_a_follow_up_may_have_a_title_of_its_own():
    titles = Titles.of([ProbeEntry("composure", "does it mean it?")])
    assert titles.name("latent-policy/composure") == "does it mean it? (latent-policy/composure)"


def test_the_titles_of_the_installed_probes_are_their_codes_in_words():
    pytest.importorskip("torch")
    from forewarn.probes import catalogue
    from forewarn.probes.follow_up import follow_ups

    for probe in (*catalogue(), *follow_ups()):
        assert UNTITLED.title(probe.code) == probe.title, "reports do without torch: they read the code"
