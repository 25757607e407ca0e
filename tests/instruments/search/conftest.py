"""Large vocabularies: 24 phrases in each slot, of which one pair turns answers false."""

from __future__ import annotations

import pytest

from forewarn.auditset import Part


@pytest.fixture(scope="session")
def many(planted):
    """A liar on one of 529 pairs; four phrases besides its cues move its state as far as they do."""
    slots = {name: tuple(f"{name}{i}" for i in range(24)) for name in ("listener", "record")}
    cues = ("listener7", "record13")
    loud = (*cues, "listener3", "listener11", "record5", "record21")
    return planted.but(planted.LIAR, slots=slots, cues=cues, loud=loud)


@pytest.fixture
def large(many, planted):
    """Its inputs: the base is the only context, all other phrases are lexicon."""
    lexicon = [Part(name, p) for name, phrases in many.slots.items() for p in phrases[1:]]
    return planted.inputs(many, many.audit_set([many.base], lexicon))
