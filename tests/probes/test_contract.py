from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.errors import ConfigurationError
from forewarn.instruments.finding import dump, load
from forewarn.probes import catalogue
from forewarn.probes.contract import Probe
from forewarn.probes.knowledge_gap import KnowledgeGap

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), JSON, max_size=3))
def test_findings_survive(finding):
    assert load(dump(**finding)) == finding


def test_findings_are_canonical():
    assert dump(b=1, a="é") == '{"a":"é","b":1}'


def test_a_probe_answers_to_its_entry_point(monkeypatch):
    class Misnamed:
        name = "TP999"

        def load(self):
            return KnowledgeGap

    monkeypatch.setattr("forewarn.probes.entry_points", lambda group: [Misnamed()])
    with pytest.raises(
        ConfigurationError, match="'TP999' gives a probe whose code is 'knowledge-gap'; wanted the same"
    ):
        catalogue()


def test_a_probe_without_all_its_parts_cannot_be_made():
    class Half(Probe):
        code = "TP998"

    with pytest.raises(TypeError, match="abstract"):
        Half()
