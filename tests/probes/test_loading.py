from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from forewarn.errors import ConfigurationError
from forewarn.probes import ORDER, Probe, catalogue, loading, path_of, probe_at
from forewarn.probes.composure import Composure
from forewarn.probes.follow_up import follow_ups
from forewarn.probes.knowledge_gap import KnowledgeGap
from forewarn.probes.latent_policy import LatentPolicy

MODULE = """
from forewarn.probes.latent_policy import LatentPolicy as Borrowed
from forewarn.probes import Probe
from forewarn.records import Nothing

A_NUMBER = 3

class Half(Probe):
    code = "half"

class Flattery(Probe):
    code, title, unit, behaviour = "flattery", "flattery", "share of known facts", "flatters"

    def sites(self, layout): return ()
    def cost(self, inputs): return 1.0
    def explore(self, inputs, site, split): return Nothing(self.code, site, "none", 1)
    def confirm(self, inputs, claim, split): return Nothing(self.code, claim.site, "none", 1)

class Impostor(Flattery):
    code = "latent-policy"
"""


def points(monkeypatch, **homes):
    """Installs these and no others."""
    found = [
        SimpleNamespace(name=name.replace("_", "-"), load=lambda home=home: home)
        for name, home in homes.items()
    ]
    monkeypatch.setattr(loading, "entry_points", lambda group: found)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a module of probes."""
    (tmp_path / "own_probes.py").write_text(MODULE)
    (tmp_path / "broken_probes.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "own_probes", raising=False)
    yield tmp_path
    sys.modules.pop("own_probes", None)


def test_forewarn_s_own_come_in_their_order_and_others_by_name(monkeypatch):
    class Other(KnowledgeGap):
        code = "another"

    points(monkeypatch, another=Other, latent_policy=LatentPolicy, knowledge_gap=KnowledgeGap)
    assert [p.code for p in catalogue()] == ["knowledge-gap", "latent-policy", "another"]


def test_none_need_be_installed(monkeypatch):
    points(monkeypatch)
    assert (catalogue(), follow_ups()) == ((), ())


def test_an_entry_point_must_have_the_code_of_what_it_gives(monkeypatch):
    points(monkeypatch, gap=KnowledgeGap)
    with pytest.raises(
        ConfigurationError,
        match="'gap' gives a KnowledgeGap whose code is 'knowledge-gap'; wanted a Probe with the same code",
    ):
        catalogue()


def test_a_follow_up_is_no_probe(monkeypatch):
    points(monkeypatch, composure=Composure)
    assert [f.code for f in follow_ups()] == ["composure"]
    with pytest.raises(ConfigurationError, match=r"gives a Composure .* wanted a Probe"):
        catalogue()


def test_a_probe_is_found_by_its_path_in_the_working_directory(here):
    before = list(sys.path)
    found = probe_at("own_probes:Flattery")
    assert isinstance(found, Probe)
    assert (found.code, found.behaviour) == ("flattery", "flatters")
    assert path_of(found) == "own_probes:Flattery"
    assert sys.path == before


def test_a_probe_of_one_s_own_comes_after_those_installed(here):
    codes = [p.code for p in catalogue([probe_at("own_probes:Flattery")])]
    assert codes == [*(p.code for p in catalogue()), "flattery"]


def test_one_that_is_installed_stands_once(here):
    assert [p.code for p in catalogue([LatentPolicy()])] == [p.code for p in catalogue()]


def test_two_of_one_code_are_refused(here):
    message = (
        "two probes have the code 'latent-policy': forewarn.* and own_probes:Impostor. Give yours a code"
    )
    with pytest.raises(ConfigurationError, match=message):
        catalogue([probe_at("own_probes:Impostor")])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("own_probes", "a probe is named package.module:Class; found 'own_probes'"),
        (":Flattery", "a probe is named package.module:Class; found ':Flattery'"),
        ("own_probes:", "a probe is named package.module:Class"),
        ("own_probes:a.b", "a probe is named package.module:Class"),
        (
            "no_such_probes:Flattery",
            "cannot be imported: ModuleNotFoundError: No module named 'no_such_probes'",
        ),
        ("broken_probes:Flattery", "cannot be imported: ZeroDivisionError"),
        ("own_probes:Flatery", "own_probes has no Flatery; name a class of that module"),
        (
            "own_probes:A_NUMBER",
            "own_probes:A_NUMBER is no probe: a class derived from forewarn.probes.Probe",
        ),
        ("own_probes:Half", "own_probes:Half cannot be made without arguments"),
        ("own_probes:Nothing", "own_probes:Nothing is no probe"),
    ],
)
def test_a_path_that_leads_to_no_probe_says_why(here, path, message):
    with pytest.raises(ConfigurationError, match=message):
        probe_at(path)


def test_every_probe_of_forewarn_has_its_place_in_the_order():
    own = [p.code for p in catalogue() if type(p).__module__.startswith("forewarn.")]
    assert own == list(ORDER)
