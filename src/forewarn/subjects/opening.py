"""From a module and a snapshot's tensors to a subject that has passed its check."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import final

import torch
from jaxtyping import Int
from torch import Tensor, nn

from forewarn.errors import AuditSetError, SubjectError
from forewarn.subjects.calling import last_logits
from forewarn.subjects.checking import check_subject, reads_out, shortened
from forewarn.subjects.copying import copy_module, move, plain_names
from forewarn.subjects.finding import search_decoder, shake, trial_ids
from forewarn.subjects.keeping import Lease
from forewarn.subjects.layout import Layout, Overrides
from forewarn.subjects.locate import locate
from forewarn.subjects.locate_readout import explain_tail
from forewarn.subjects.passes import Passes
from forewarn.subjects.prompts import Prompts, check_tokens, checked
from forewarn.subjects.quiet import device_of, undisturbed
from forewarn.subjects.subject import Subject
from forewarn.subjects.tracing import same
from forewarn.subjects.weights import load_weights, tensor_of

__all__ = ["Opener", "copy_module", "find_decoder", "open_subject"]


def find_decoder(module: nn.Module, example: Sequence[int]) -> str:
    """Path of the outermost part that maps token ids [B, T] to logits [B, T, V] causally; "" is the module itself.

    Of several, the one that is being trained. Only a copy is run.

    Raises:
        SubjectError: none was found, or several.
    """
    twin = copy_module(module)
    ids = trial_ids(example)
    with undisturbed(ids.device):
        return search_decoder(shake(twin), ids, _trainable(module))


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
    """Keeps one copy of a model and its layout, and opens snapshot after snapshot into it.

    The layout is found on a second copy whose weights have been shaken, so that layers which are still exactly
    zero can be traced; that copy is dropped afterwards. Opening a snapshot closes the subject opened before.
    """

    def __init__(
        self,
        template: nn.Module,
        example: Prompts,
        overrides: Overrides | None = None,
        *,
        device: torch.device | None = None,
        batch_tokens: int = 4096,
    ) -> None:
        """`device`: where to read; the template's own by default. `batch_tokens`: most tokens of one pass."""
        if not example or not example[0]:
            raise AuditSetError(
                "opening a model needs at least one example prompt that is not empty; found none"
            )
        twin, names = copy_module(template), overrides or Overrides()
        _refuse_unknown_tokens(twin, example[0])
        with undisturbed(device_of(twin)):
            shaken, ids = shake(copy.deepcopy(twin)), trial_ids(example[0])
            path = _decoder_path(shaken, ids, names, _trainable(template))
            self._layout = locate(shaken.get_submodule(path), ids, names, path)
            cut = _may_cut(shaken.get_submodule(path), self._layout, ids)
            self._layout = replace(self._layout, cut=cut)
        self._decoder = move(twin.get_submodule(path), device or device_of(template))
        self._aliases, self._ids = dict(plain_names(template)), ids.to(device_of(self._decoder))
        self._example, self._batch_tokens = shortened(example, self._layout), batch_tokens
        self._lease, self._fresh = Lease(), True
        checked(self._example, self._layout)

    def twin(self) -> Opener:
        """Another opener of the same model, with a copy of its own, so that two snapshots can be open at once."""
        other = copy.copy(self)
        other._decoder, other._lease = copy.deepcopy(self._decoder), Lease()
        return other

    @property
    def layout(self) -> Layout:
        """Where the parts are."""
        return self._layout

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
            load_weights(self._decoder, weights, self._layout.decoder, self._aliases)
        subject = self._subject(self._layout, digest)
        if not reads_out(subject, self._example):
            subject = self._subject(self._with_tail_of_now(), digest)
        check_subject(subject, self._example)
        return subject

    def _subject(self, layout: Layout, digest: str) -> Subject:
        self._lease = Lease()
        return Subject(
            self._decoder,
            layout,
            digest,
            lease=self._lease,
            example=self._example,
            batch_tokens=self._batch_tokens,
        )

    def _with_tail_of_now(self) -> Layout:
        """The layout with the tail explained again: some models learn their logit scale."""
        layout = self._layout
        source = (layout.readout or layout.blocks)[-1] if layout.functional else layout.unembedding
        matrix = tensor_of(self._decoder, layout.unembedding) if layout.functional else None
        with undisturbed(self._ids.device):
            tail = explain_tail(self._decoder, self._ids, self._decoder.get_submodule(source), matrix)
        return layout if tail is None else replace(layout, tail=tail)


def _refuse_unknown_tokens(twin: nn.Module, prompt: Sequence[int]) -> None:
    """Tokens that no table of the module has; its own check comes once the token embedding is known."""
    rows = [part.num_embeddings for part in twin.modules() if isinstance(part, nn.Embedding)]
    if rows:
        check_tokens(prompt, max(rows), "the example")


def _decoder_path(
    shaken: nn.Module, ids: Int[Tensor, "b t"], overrides: Overrides, trainable: Sequence[str]
) -> str:
    if overrides.decoder is None:
        return search_decoder(shaken, ids, trainable)
    known = dict(shaken.named_modules(remove_duplicate=False))
    if overrides.decoder not in known:
        raise SubjectError(
            f"Overrides(decoder=...) names {overrides.decoder!r}, which {type(shaken).__name__} does not have; "
            f"its parts are {', '.join(name for name in known if name and '.' not in name)}"
        )
    return overrides.decoder


def _trainable(module: nn.Module) -> list[str]:
    plain = dict(plain_names(module))
    return [plain[name] for name, p in module.named_parameters() if p.requires_grad and name in plain]


def _may_cut(decoder: nn.Module, layout: Layout, ids: Int[Tensor, "b t"]) -> bool:
    """Whether the decoder gives the same logits when its unembedding sees the last position alone."""
    if layout.functional:
        return False
    try:
        return same(Passes(decoder, layout).read(ids).logits, last_logits(decoder, ids))
    except SubjectError:
        return False
