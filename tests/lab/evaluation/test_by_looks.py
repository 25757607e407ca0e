"""The promise over whole runs holds however often one looks; a threshold per look does not."""

from __future__ import annotations

from dataclasses import replace

from forewarn.lab.evaluation.by_looks import alarms_by_looks
from forewarn.lab.evaluation.detector import Detector


class Noise(Detector):
    """Scores that are drawn anew at each look of each run."""

    name = "noise"

    def fit(self, runs, seed):
        import random

        return lambda run: tuple(
            random.Random(f"{run.truth.name}|{look.step}").random() for look in run.looks
        )


def test_false_alarms_grow_with_the_looks_under_a_threshold_per_look_only(runs):
    many = [
        replace(run, truth=replace(run.truth, name=f"{run.truth.name}-{i}", group=f"{run.truth.group}-{i}"))
        for i in range(4)
        for run in runs
    ]
    found = {p.looks: p for p in alarms_by_looks(Noise(), many, 0.05)}
    n = found[1].run_level.n
    assert n > 300
    assert all(p.run_level.low < 0.06 for p in found.values())
    assert found[12].per_look.low > 0.3
    assert found[1].per_look.value < 0.1
