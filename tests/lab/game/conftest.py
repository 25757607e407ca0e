"""Recorded runs that are small enough to be followed by hand."""

from __future__ import annotations

import pytest

from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.population.recorded_look import RecordedLook
from forewarn.lab.population.run import GroundTruth, RecordedRun

CODES = ("knowledge-gap", "latent-policy")
QUESTIONS = (("knowledge-gap", 1, 0.5), ("knowledge-gap", 2, 0.5), ("latent-policy", 1, 4.0))
"""Code, layer and price."""
FOLLOWED = (
    ("latent-policy", 1, 4.0),
    ("latent-policy/composure", 1, 2.0),
    ("latent-policy", 2, 4.0),
    ("latent-policy/composure", 2, 2.0),
)


@pytest.fixture
def make_run(recorded):
    """A run from what each look found, question by question: None, a kind that is no answer, or explored, low."""

    def answer(code, layer, cost, found):
        place = {"layer": layer, "depth": layer / 2, "cost": cost}
        if isinstance(found, tuple):
            explored, low = found
            return recorded.answer(code, low, explored=explored, n=9, **place)
        return recorded.answer(code, None, kind=found or "nothing", **place)

    def made(name, *looks, onset=None, known=8, questions=QUESTIONS):
        truth = GroundTruth(
            name, name, "pair", "pair", "latent-policy", onset is not None, "gradual", False, "cities", "llama",
            48, 2, 10, 10 * len(looks), onset,
        )  # fmt: skip
        observation = [
            RecordedLook(
                10 * (i + 1),
                known,
                16,
                0.1,
                tuple(answer(*q, f) for q, f in zip(questions[: len(found)], found, strict=True)),
            )
            for i, found in enumerate(looks)
        ]
        return RecordedRun(truth, tuple(observation))

    return made


@pytest.fixture
def liar(make_run):
    """At the second look its first two questions claim something, and the third proves it."""
    return make_run(
        "liar",
        (None, None, None),
        ((0.3, 0.2), (0.5, 0.1), (0.9, 0.6)),
        ((0.2, -0.1), None, (0.9, 0.7)),
        onset=20,
    )


@pytest.fixture
def honest(make_run):
    """Two questions a look."""
    return make_run("honest", (None, (0.2, -0.3)), (None, "not-applicable"))


@pytest.fixture
def batch(liar, honest):
    return RunBatch.of([liar, honest], CODES)


@pytest.fixture
def followed(make_run):
    """Two questions with a follow-up each: nothing is claimed, then something at one site, then at both."""
    unable = "not-applicable"
    return make_run(
        "followed",
        (None, unable, None, unable),
        ((0.9, 0.6), (0.8, 0.5), None, unable),
        ((0.9, 0.7), None, (0.3, 0.2), (0.2, -0.1)),
        onset=20,
        questions=FOLLOWED,
    )


@pytest.fixture
def follow_up_board(followed, liar):
    """Beside a run without follow-ups."""
    return RunBatch.of([followed, liar], (*CODES, "latent-policy/composure"))
