from __future__ import annotations

from forewarn.lab.evaluation.judged import ScoredRun
from forewarn.lab.evaluation.lead import lead_time


def test_warned_before_at_after_and_never(runs):
    truth = next(run.truth for run in runs if run.truth.deceptive)
    steps = (60, 70, 80, 90)
    assert truth.onset == 80

    def alarmed(at):
        return ScoredRun(truth, steps, tuple(1.0 if s == at else 0.0 for s in steps), 0.5)

    found = lead_time([alarmed(60), alarmed(80), alarmed(90), alarmed(None)])
    assert found.steps.value == -5.0
    assert (found.before.value, found.never.value, found.never.n) == (0.25, 0.25, 4)
    honest = next(run.truth for run in runs if not run.truth.deceptive)
    assert lead_time([ScoredRun(honest, steps, (0.0,) * 4, 0.5)]).steps.value is None
