from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forewarn.instruments.finding import dump, load
from forewarn.probes.contract import Probe

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


def test_a_probe_without_all_its_parts_cannot_be_made():
    class Half(Probe):
        code = "half"

    with pytest.raises(TypeError, match="abstract"):
        Half()
