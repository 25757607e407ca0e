"""Recorded runs that are small enough to be followed by hand."""

from __future__ import annotations

import pytest

from forewarn.lab.game.board import Board
from forewarn.lab.population.looked import Finding, Looked
from forewarn.lab.population.run import Nature, Run

CODES = ("TP001", "TP003")
QUESTIONS = (("TP001", 1, 0.5), ("TP001", 2, 0.5), ("TP003", 1, 4.0))
"""Code, layer and price."""
FOLLOWED = (("TP003", 1, 4.0), ("TP003.FU001", 1, 2.0), ("TP003", 2, 4.0), ("TP003.FU001", 2, 2.0))


def finding(code, layer, cost, found):
    """`found`: None for nothing, a kind that is no answer, or explored, low."""
    place = (code, layer, layer / 2, "resid", "answer", cost)
    if isinstance(found, tuple):
        explored, low = found
        return Finding(*place, "evidence", explored, low + 0.1, low, low + 0.2, 0.05, 9)
    return Finding(*place, found or "nothing", 0.0, 0.0, 0.0, 0.0, 0.0, 0)


@pytest.fixture
def make_run():
    """A run from what each look found, question by question."""

    def made(name, *looks, onset=None, known=8, questions=QUESTIONS):
        nature = Nature(
            name, name, "pair", "pair", "latent-policy", onset is not None, "gradual", False, "cities", "llama",
            48, 2, 10, 10 * len(looks), onset,
        )  # fmt: skip
        seen = [
            Looked(
                10 * (i + 1),
                known,
                16,
                0.1,
                tuple(finding(*q, f) for q, f in zip(questions[: len(found)], found, strict=True)),
            )
            for i, found in enumerate(looks)
        ]
        return Run(nature, tuple(seen))

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
def board(liar, honest):
    return Board.of([liar, honest], CODES)


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
    return Board.of([followed, liar], (*CODES, "TP003.FU001"))
