from __future__ import annotations

import pytest

from forewarn.auditset import Answer
from forewarn.instruments.finding import dump
from forewarn.instruments.search.found import BECOME, SOUGHT, Found
from forewarn.instruments.search.turning import plain


@pytest.mark.parametrize(
    ("code", "sought"), [("latent-policy", Answer.FALSE), ("withheld-answer", Answer.OTHER)]
)
def test_a_finding_is_read_back(planted, code, sought):
    plant = planted.LIAR
    condition, controls = plant.condition("stranger", "off"), (plant.base, plant.condition("off"))
    finding = dump(condition=plain(condition), controls=[plain(c) for c in controls])
    assert Found.read(code, finding) == Found(condition, controls, sought)


def test_whatever_is_sought_can_be_said():
    assert set(SOUGHT.values()) == set(BECOME)
