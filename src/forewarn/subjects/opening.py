"""From a module and a snapshot's tensors to a subject that has passed its check."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import final

import torch
from torch import Tensor, nn

from forewarn.errors import AuditSetError, SubjectError
from forewarn.subjects.checking import check_subject, reads_out, shortened
from forewarn.subjects.copying.copies import READ, copy_module, move
from forewarn.subjects.copying.extras import put_on
from forewarn.subjects.copying.live import LiveModule
from forewarn.subjects.copying.weights import load_weights
from forewarn.subjects.finding.decoder import trial_ids
from forewarn.subjects.finding.find import find_layout
from forewarn.subjects.finding.readout import tail_of
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.layout import Layout, Overrides
from forewarn.subjects.likeness import LikeCopy, check_like, like_copy
from forewarn.subjects.prompts import Prompts, check_tokens, checked
from forewarn.subjects.reading.keeping import Lease
from forewarn.subjects.subject import Subject

__all__ = ["Opener", "open_subject"]

MOST_COMPARED = 8
"""Prompts on which a copy is compared with its original."""


def open_subject(
    template: nn.Module,
    weights: Mapping[str, Tensor] | None,
    example: Prompts,
    overrides: Overrides | None = None,
    digest: str = "",
) -> Subject:
    """A subject with a snapshot's tensors (or with the template's own), checked on the example prompts.

    Copies and searches the template every time; an `Opener` does so once for a whole run.

    Raises:
        SubjectError: the model cannot be read; the message says what was found and what to name.
        AuditSetError: the example prompts do not fit the model.
    """
    return Opener(template, example, overrides).open(weights, digest)


@final
class Opener:
    """Keeps one copy of a model and all that was found out about it, and opens snapshot after snapshot into it.

    The live module is walked through and copied once, when the opener is made; after that only the copy is used.
    Opening a snapshot closes the subject that was opened before. `proved` says whether the copy is the model under
    other weights too; where it is not, it is to be held against the live model at each look (`check_like`).
    """

    def __init__(  # noqa: PLR0913 - what is opened, and by name what is known of it beforehand
        self,
        template: nn.Module,
        example: Prompts,
        overrides: Overrides | None = None,
        *,
        layout: Layout | None = None,
        device: torch.device | None = None,
        batch_tokens: int = 4096,
        stepped: Iterable[Tensor] = (),
    ) -> None:
        """Copy a model, find its parts, and check that the copy is the model.

        `layout`: where a run has recorded the parts of this model; the template is then the decoder itself, and
        nothing is searched. `device`: where to read; the template's own by default. `batch_tokens`: the largest
        number of tokens in one pass. `stepped`: the parameters that the optimisers hold, where that is known.

        Raises:
            SubjectError: the model cannot be copied, a part of it was not found, or no copy is the model.
            AuditSetError: the example prompts do not fit the model.
        """
        if not example or not example[0]:
            raise AuditSetError(
                "opening a model needs at least one example prompt that is not empty; found none"
            )
        live = LiveModule.of(template, stepped)
        if live.rows is not None:
            # A first check: the token embedding itself is not known before the parts are found.
            check_tokens(example[0], live.rows, "the example")
        ids, self._kind, self.proved = trial_ids(example[0]), READ, True
        if layout is not None and not put_on(template):
            self._found = FoundDecoder.of(move(copy_module(live), device or live.device), layout)
        else:
            whole = None if layout is None else replace(layout, decoder="")
            like = like_copy(
                template,
                live,
                lambda twin: whole or find_layout(twin, ids, overrides or Overrides(), live.trained),
                lambda found: compared(example, found),
                device or live.device,
            )
            self._found, self._kind = like.found.laid_out(layout or like.found.layout), like.kind
            self.proved = like.proved
        found = self._found.layout
        self._names, self._ids, self._batch_tokens = live.names, ids.to(self._found.device), batch_tokens
        self._example = checked(shortened(example, found), found)
        self._compared = compared(example, found)
        self._lease, self._fresh = Lease(), True

    def twin(self) -> Opener:
        """Another opener of the same model, with a copy of its own, so that two snapshots can be open at once."""
        other = copy.copy(self)
        other._found, other._lease = self._found.copied(), Lease()
        return other

    @property
    def layout(self) -> Layout:
        """Where the parts are."""
        return self._found.layout

    def open(self, weights: Mapping[str, Tensor] | None, digest: str = "") -> Subject:
        """A subject that reads these tensors; the one opened before is closed.

        Without tensors the template's own are read, as they were when the opener was made.

        Raises:
            SubjectError: the tensors do not fit, or the check fails.
        """
        if weights is None and not self._fresh:
            raise SubjectError(
                "the template's own weights have been replaced by a snapshot's; give the tensors to open, or make "
                "a new opener"
            )
        self._lease.end()
        if weights is not None:
            self._fresh = False
            load_weights(self._found, weights, self._names)
        subject = self._subject(self._found, digest)
        if not reads_out(subject, self._example):
            subject = self._subject(self._with_tail_of_now(), digest)
        check_subject(subject, self._example)
        return subject

    def check_like(self, template: nn.Module, weights: Mapping[str, Tensor]) -> None:
        """Check that the copy with a snapshot's tensors is the live model that the snapshot was just taken of.

        The subject that was opened before is closed. The live model is run, in eval mode, and left as it was.

        Raises:
            SubjectError: it is not; by how much, the likely why, and what to do.
        """
        self._lease.end()
        self._fresh = False
        load_weights(self._found, weights, self._names)
        check_like(template, LikeCopy(self._found, self._kind), self._compared)

    def _subject(self, found: FoundDecoder, digest: str) -> Subject:
        self._lease = Lease()
        return Subject(
            found, digest, lease=self._lease, example=self._example, batch_tokens=self._batch_tokens
        )

    def _with_tail_of_now(self) -> FoundDecoder:
        """The decoder with its tail explained again: some models learn the scale of their logits."""
        tail = tail_of(self._found, self._ids)
        return self._found if tail is None else self._found.laid_out(replace(self.layout, tail=tail))


def compared(example: Prompts, layout: Layout) -> Prompts:
    """The prompts on which a copy is compared with its original: a few, of tokens that the model has."""
    return checked(shortened(example, layout, n=MOST_COMPARED), layout)
