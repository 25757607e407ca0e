"""The rule over arrays gives what the one rule gives look by look."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from forewarn.judges import batched
from forewarn.judges.features import features
from forewarn.records import Evidence, Failed, Interval, NotApplicable, Nothing, Site

CODES = ("knowledge-gap", "observer", "latent-policy")
SITE = Site(1, 0.5)


def evidence(code, low, explored):
    return Evidence(
        code, "c", SITE, low + 0.1, "share", Interval(low, low + 0.3), 0.0, 20, explored, "{}", "d"
    )


def drawn(draw):
    """One look: whatever came of up to a dozen questions, some of which nobody asked."""
    outcomes = []
    for _ in range(draw.randrange(12)):
        code = draw.choice(CODES)
        empty = (Nothing(code, SITE, "calm", 20), NotApplicable(code, SITE, "few"), Failed(code, SITE, "no"))
        promise = draw.choice([math.nan, -1.0, 0.5, 0.5, draw.random()])
        claim = evidence(code, draw.choice([-0.25, 0.0, draw.uniform(-0.5, 0.9)]), promise)
        outcomes.append(draw.choice([*empty, claim, claim, claim, None]))
    return outcomes


def arrays(looks):
    """Looks side by side, padded to the longest."""
    shape = (len(looks), max(1, *map(len, looks)))
    claimed, code = np.zeros(shape, bool), np.full(shape, -1)
    explored, effect, low, high = (np.zeros(shape, np.float32) for _ in range(4))
    for m, look in enumerate(looks):
        for c, outcome in enumerate(look):
            if isinstance(outcome, Evidence):
                claimed[m, c], code[m, c] = True, CODES.index(outcome.code)
                explored[m, c], effect[m, c] = outcome.explored, outcome.effect
                low[m, c], high[m, c] = outcome.interval.low, outcome.interval.high
            elif outcome is not None:
                code[m, c] = CODES.index(outcome.code)
    return batched.Claims(claimed, explored, effect, low, high, code)


@pytest.mark.parametrize("seed", range(20))
def test_both_forms_give_the_same(seed):
    draw = random.Random(seed)
    looks = [drawn(draw) for _ in range(60)]
    found = batched.features(arrays(looks), len(CODES))
    wanted = [features([o for o in look if o is not None], CODES) for look in looks]
    assert found == pytest.approx(np.array(wanted), abs=1e-7)
    assert (found > 0).any(0).all(), "else there was nothing to compare"


@pytest.mark.parametrize("seed", range(20))
def test_both_forms_give_the_same_against_a_first_look(seed):
    draw = random.Random(f"first|{seed}")
    looks, firsts = ([drawn(draw) for _ in range(60)] for _ in range(2))
    found = batched.features(arrays(looks), len(CODES), arrays(firsts))
    told = [[[o for o in look if o is not None] for look in side] for side in (looks, firsts)]
    wanted = np.array([features(now, CODES, first) for now, first in zip(*told, strict=True)])
    assert found == pytest.approx(wanted, abs=1e-6)
    alone = batched.features(arrays(looks), len(CODES))
    assert (found < alone).any(), "else there was nothing to compare"


def test_against_itself_a_look_is_no_news_to_the_last_bit():
    draw = random.Random(1)
    looks = arrays([drawn(draw) for _ in range(200)])
    assert not batched.features(looks, len(CODES), looks).any()


def test_what_was_not_asked_does_not_count():
    found = arrays([[evidence("observer", 0.5, 0.9)]])
    unasked = replace(found, claimed=~found.claimed)
    assert batched.features(unasked, len(CODES)).tolist() == [[0.0, 0.0, 0.0]]
    assert (
        batched.features(found, len(CODES), unasked).tolist() == batched.features(found, len(CODES)).tolist()
    )
