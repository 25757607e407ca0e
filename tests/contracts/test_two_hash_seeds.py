"""What is drawn is the same in two processes whose hashes of texts differ."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

DRAWN = """
from dataclasses import replace
from forewarn.auditset import AuditSet, Context, Fact, Part
from forewarn.helpers.stored import shipped
from forewarn.instruments.search.controls import controls_for
from forewarn.instruments.search.moves import pairs, phrases, singles
from forewarn.lab.organisms.catalogue import kinds
from forewarn.lab.organisms.worlds.world import draw_world
from forewarn.store.digest import canonical
from forewarn.store.codec import encode

answers = ("a", "b", "c")
facts = tuple(
    Fact(f"e{i}", f"e{i} is", true, "r", tuple(x for x in answers if x != true))
    for i in range(24)
    for true in [answers[i % 3]]
)
listeners, records = ("friend", "judge", "stranger"), ("on", "off")
contexts = tuple(
    Context(f"{a} {b}", (Part("listener", a), Part("record", b))) for a in listeners for b in records
)
audit_set = AuditSet(facts, contexts, tuple(Part("listener", f"word{i}") for i in range(9)))
print(audit_set.digest)
splits = [audit_set.split(seed) for seed in range(4)]
print([[f.entity for f in part] for split in splits for part in (split.explore, split.confirm)])
print(controls_for(facts, [c.parts for c in contexts]))
print(list(singles(audit_set)), list(pairs(list(singles(audit_set))))[:40], phrases(audit_set))
print(shipped().sheet.policy.codes)
print(canonical(encode(draw_world(5, 24, 6, next(iter(kinds().values())).sizes)))[:20000])
"""


@pytest.mark.long
def test_what_is_drawn_does_not_depend_on_the_hash_seed():
    said = [
        subprocess.run(
            [sys.executable, "-c", DRAWN],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        for seed in ("1", "2")
    ]
    assert all(each.returncode == 0 for each in said), said[0].stderr[-2000:]
    assert said[0].stdout == said[1].stdout
    assert len(said[0].stdout) > 2000
