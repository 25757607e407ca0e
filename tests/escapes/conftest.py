"""Every miss and every false alarm becomes a named test here before it is mended.

An escape is a whole model that was once judged wrongly, or that a simpler method would judge wrongly, looked at as
a monitor would look at it: all probes, a judge, a status. The file's name tells the case. New cases are added,
none is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from forewarn.alarms.rule import look_status
from forewarn.audit.look import Examiner
from forewarn.helpers import Exhaustive
from forewarn.judges.calibration import Calibration
from forewarn.judges.judge import CalibratedJudge
from forewarn.judges.provenance import Provenance
from forewarn.probes import catalogue
from forewarn.records import Evidence, Outcome, Status, Verdict
from forewarn.stats.calibration import Logistic


@dataclass(frozen=True)
class Look:
    """What a monitor would write into its ledger."""

    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    status: Status

    def evidence(self, code):
        return [o for o in self.outcomes if isinstance(o, Evidence) and o.code == code]


@pytest.fixture(scope="session")
def judge():
    """A judge made by hand, so that no escape hangs on the calibration that is shipped."""
    provenance = Provenance(
        honest_fit=20,
        honest_promise=40,
        deceptive_fit=20,
        honest_kinds=(("plain", 60),),
        deceptive_kinds=(("pair", 20),),
        looks=1,
        table="0" * 64,
        seed=0,
        command="by hand",
    )
    fit = Logistic((3.0, 3.0, 8.0), -3.0)
    codes = ("knowledge-gap", "observer", "latent-policy")
    return CalibratedJudge(
        Calibration(codes, fit, (fit,), tuple([0.06] * 40), 20, (0.5, 0.5, 0.5), 6, provenance)
    )


@pytest.fixture(scope="session")
def look_at(judge):
    """Takes one whole look at the inputs of a probe."""

    def look(inputs: Any) -> Look:
        facts = inputs.audit_set.facts
        outcomes = Examiner(catalogue(), Exhaustive()).examine(inputs, inputs.audit_set.split())
        verdict = judge.verdict(outcomes, len(inputs.known(facts)), len(facts))
        return Look(outcomes, verdict, look_status(verdict, 0.5))

    return look
