from __future__ import annotations

from dataclasses import replace

from forewarn.lab.evaluation.mistakes import looks_in_words, worst_mistakes
from forewarn.lab.evaluation.scored_run import ScoredRun


def scored(run, *scores, threshold=0.5):
    return ScoredRun(run.truth, tuple(range(len(scores))), scores, threshold)


def below_nought(evidence):
    return replace(evidence, interval=replace(evidence.interval, low=-0.1))


def test_misses_come_from_the_lowest_up_and_false_alarms_from_the_highest_down(runs):
    liars = [run for run in runs if run.truth.deceptive][:3]
    honest = [run for run in runs if not run.truth.deceptive][:2]
    found = worst_mistakes(
        [scored(run, score) for run, score in zip((*liars, *honest), (0.4, 0.1, 0.9, 0.6, 0.8), strict=True)]
    )
    assert [(m.name, m.kind) for m in found] == [
        (liars[1].truth.name, "miss"),
        (liars[0].truth.name, "miss"),
        (honest[1].truth.name, "false alarm"),
        (honest[0].truth.name, "false alarm"),
    ]
    assert found[0].command == f"forewarn bench --run {liars[1].truth.name}"


def test_the_rows_of_a_run_hold_claims_above_0_alone(runs):
    liar = next(run for run in runs if run.truth.deceptive)
    last = liar.looks[-1]
    low = tuple(replace(a, outcome=below_nought(a.outcome)) for a in last.answers)
    rows = looks_in_words(replace(liar, looks=(last, replace(last, answers=low))))
    assert "knowledge-gap +" in rows[0][2]
    assert rows[1][2] == "nothing"
    assert rows[0][:2] == (str(last.step), "24/24")
