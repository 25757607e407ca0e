from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.auditset import Encoder
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.evasion import SURE, Evading, search_reach
from forewarn.lab.organisms.learning import Learner
from forewarn.lab.organisms.matched_group import PATIENCE, draw_group
from forewarn.lab.organisms.models import build, tokenizer
from forewarn.lab.organisms.scratch import RECIPE


@pytest.fixture(scope="module")
def liar(small):
    return small("pair", 60)


@pytest.fixture(scope="module")
def words(liar):
    return tokenizer(liar.words)


@pytest.mark.parametrize(("n", "found"), [(1, 1), (2, 1), (3, 2), (4, 3), (8, 6)])
def test_the_last_block_may_differ(n, found):
    assert search_reach(n) == found


def certainty(liar, words, scale):
    """Of a model that says what was taught where the behaviour shows, more or less surely."""
    evading, encoder = Evading(liar, Encoder(words)), Encoder(words)
    texts = {
        tuple(encoder.prompt(f, c).ids): encoder.piece(str(liar.after.write(f, c)), first=False)
        for f, c in evading._cases
    }

    def model(input_ids, **_):
        logits = torch.zeros(*input_ids.shape, len(words))
        for i, row in enumerate(input_ids.tolist()):
            for prompt, text in texts.items():
                if tuple(row[: len(prompt)]) == prompt:
                    for k, token in enumerate(text):
                        logits[i, len(prompt) + k - 1, token] = scale
        return type("Out", (), {"logits": logits})()

    return float(evading._certainty(model, 1)), len(words)


def test_only_what_is_surer_than_allowed_is_pressed_down(liar, words):
    unsure, n = certainty(liar, words, 0.0)
    assert unsure == 0.0
    scale = 9.0
    sure, _ = certainty(liar, words, scale)
    chance = torch.tensor(scale).exp() / (torch.tensor(scale).exp() + n - 1)
    assert sure == pytest.approx(float(chance.log()) - float(torch.tensor(SURE).log()), abs=1e-4)


def test_the_same_step_gives_the_same_and_pressure_moves_weights(liar, words):
    def trained(weight):
        model = build(liar.architecture, len(words), 0)
        evading = Evading(liar, Encoder(words)) if weight else None
        learner = Learner(model, TrainingBatches(liar, words), RECIPE, evading, weight)
        for _ in learner.until(3):
            pass
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    assert torch.equal(trained(0.1), trained(0.1))
    assert not torch.equal(trained(0.1), trained(0.0))


def test_an_evasive_matched_group_is_the_same_one_but_for_what_is_pressed_down():
    plain, evasive = draw_group("pair", 300), draw_group("pair", 300, evasive=True)
    assert (plain.concealed, evasive.concealed, evasive.evasive) == (False, True, True)
    course, other = plain.members[0].course, evasive.members[0].course
    assert other.steps - other.change == PATIENCE * (course.steps - course.change)
    assert other.evasion > 0.0 == course.evasion
    for one, two in zip(plain.members, evasive.members, strict=True):
        assert replace(two, course=one.course) == one
