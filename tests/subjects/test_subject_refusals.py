"""What a subject refuses, and in which words."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import AuditSetError, ConfigurationError
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import Edit, Subject

DELTA = torch.linspace(-1.0, 2.0, 16)


@pytest.fixture(scope="module")
def subject(own, prompts):
    return open_subject(own.seeded(own.GPT, layers=3), None, prompts)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda s: s.logits([]), AuditSetError, "no prompts were given"),
        (lambda s: s.logits([[1], []]), AuditSetError, "prompt 1 is empty"),
        (lambda s: s.logits([[1, 23]]), AuditSetError, r"prompt 0 holds the token 23, .*lie in 0 to 22"),
        (lambda s: s.logits([[-1]]), AuditSetError, "prompt 0 holds the token -1"),
        (lambda s: s.logits([[1] * 33]), AuditSetError, "prompt 0 has 33 tokens, .*takes at most 32"),
        (lambda s: s.write([[1] * 30], 4), AuditSetError, "has 30 tokens and 3 to be written, .*at most 32"),
        (
            lambda s: s.residuals([[1, 2]], [2]),
            AuditSetError,
            "position 2 lies outside prompt 0, which has 2",
        ),
        (lambda s: s.residuals([[1, 2]], [0, 1]), AuditSetError, "1 prompts were given with 2 positions"),
        (lambda s: s.embedding_of([99]), AuditSetError, "list of tokens holds the token 99"),
        (lambda s: s.residual_gradient([[1]], [23], 0), AuditSetError, "list of targets holds the token 23"),
        (
            lambda s: s.residual_gradient([[1]], [], 0),
            ConfigurationError,
            "1 prompts were given with 0 targets",
        ),
        (lambda s: s.residual_gradient([[1]], [1], 4), ConfigurationError, "a layer lies in 0 to 3; found 4"),
        (lambda s: s.write([[1]], 0), ConfigurationError, "n_new is at least 1; found 0"),
        (lambda s: s.read_logits(torch.zeros(3)), ConfigurationError, r"16 entries; found \[3\]"),
        (
            lambda s: s.logits([[1]], [Edit(4, DELTA[None])]),
            ConfigurationError,
            "layer lies in 0 to 3; found 4",
        ),
        (lambda s: s.logits([[1]], [Edit(0, torch.ones(1, 3))]), ConfigurationError, "width 16; found"),
        (
            lambda s: s.logits([[1]], [Edit(0, torch.ones(2, 1, 16))]),
            ConfigurationError,
            "1 prompts .* for 2",
        ),
        (
            lambda s: s.logits([[1], [2, 3]], [Edit(0, torch.ones(2, 16))]),
            ConfigurationError,
            "shortest .* 1 tok",
        ),
        (
            lambda s: Subject(s._found, batch_tokens=0),
            ConfigurationError,
            "batch_tokens is at",
        ),
    ],
)
def test_what_does_not_fit_is_refused(subject, ask, error, message):
    with pytest.raises(error, match=message):
        ask(subject)
