"""The check that every subject passes before it is handed out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from forewarn.errors import SubjectError
from forewarn.subjects.layout import Layout
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.quiet import reseed, undisturbed
from forewarn.subjects.subject import Edit, Subject

TOLERANCE = 5e-4
"""Largest difference of logits, relative to the largest logit, that is put down to rounding."""


def check_subject(subject: Subject, prompts: Prompts) -> None:
    """Check that the logits are finite, repeatable and unembed(norm(last block)), and that edits reach them.

    Raises:
        SubjectError: saying which of these failed, by how much, and what to do.
    """
    logits = subject.logits(prompts)
    _refuse_not_finite(logits)
    # Every pass begins from the process's own random state, so only other random numbers show that any are drawn.
    with undisturbed(subject.device):
        reseed(subject.device, 1)
        again = subject.logits(prompts)
    if not torch.equal(logits, again):
        raise SubjectError(
            f"two passes over the same prompts differ by {float((logits - again).abs().max()):.2g}: the model "
            "draws random numbers although it is in eval mode (a functional dropout that ignores the mode?)"
        )
    last = subject.residuals(prompts)[-1]
    _refuse_unlike(subject.read_logits(last), logits, subject.layout)
    # First, middle and last site: each costs two passes, and a wrong chain of blocks fails at one of them.
    for layer in sorted({0, subject.n_layers // 2, subject.n_layers}):
        _check_edit(subject, prompts, layer, last)


def reads_out(subject: Subject, prompts: Prompts) -> bool:
    """Whether the logits are unembed(norm(last block)), up to rounding."""
    return _is_off(subject.read_logits(subject.residuals(prompts)[-1]), subject.logits(prompts)) is None


def _is_off(read: Tensor, logits: Tensor) -> float | None:
    """The largest difference, where it is more than rounding."""
    off, size = float((read - logits).abs().max()), float(logits.abs().max())
    return None if off <= TOLERANCE * max(size, 1e-3) else off


def _refuse_not_finite(logits: Tensor) -> None:
    bad = int((~logits.isfinite()).sum())
    if bad:
        raise SubjectError(
            f"the logits are not finite: {bad} of {logits.numel()} are nan or inf. Has the training run diverged?"
        )


def _refuse_unlike(read: Tensor, logits: Tensor, layout: Layout) -> None:
    off = _is_off(read, logits)
    if off is not None:
        raise SubjectError(
            f"unembed(norm(last block)) is not the logits: they differ by {off:.3g}, the largest logit is "
            f"{float(logits.abs().max()):.3g}. Read: blocks {layout.blocks[0]!r} to {layout.blocks[-1]!r}, then "
            f"{', '.join(layout.readout) or 'no norm'}, unembedding {layout.unembedding!r}, "
            f"tail {layout.tail}. Name the right parts with Overrides(blocks=..., norm=..., "
            "unembedding=...)."
        )


def _check_edit(subject: Subject, prompts: Prompts, layer: int, last: Tensor) -> None:
    edit = _trial_edit(subject, layer, last)
    moved = subject.residuals(prompts, edits=(edit,))[-1]
    if torch.equal(moved, last):
        raise SubjectError(
            f"an edit at layer {layer} does not reach the last block: the residual stream was taken for something "
            "else. Name the blocks with Overrides(blocks=...)."
        )
    _refuse_unlike(subject.read_logits(moved), subject.logits(prompts, edits=(edit,)), subject.layout)


def _trial_edit(subject: Subject, layer: int, last: Tensor) -> Edit:
    generator = torch.Generator().manual_seed(layer)
    direction = torch.randn(1, subject.width, generator=generator)
    return Edit(layer, (direction * last.std().clamp_min(1e-3)).to(last.dtype))


def shortened(prompts: Sequence[Sequence[int]], layout: Layout, n: int = 4, longest: int = 64) -> Prompts:
    """The first few prompts, each cut to its last tokens, so that the check stays cheap."""
    size = min(longest, layout.max_length or longest)
    return [tuple(prompt)[-size:] for prompt in prompts[:n]]
