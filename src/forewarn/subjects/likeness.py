"""Whether a copy is the model that is trained: by its logits, and by the memory that it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.calling import last_logits
from forewarn.subjects.checking import TOLERANCE
from forewarn.subjects.copying.borrowing import borrowed
from forewarn.subjects.copying.copies import READ, WITH_HOOKS, CopyKind, copy_module, move
from forewarn.subjects.copying.extras import likely_why, put_on, refuse_hooks_on_wrappers
from forewarn.subjects.copying.live import LiveModule, part_at, refuse_quantised
from forewarn.subjects.copying.proofs import (
    NotRunError,
    UnsavedWeightsError,
    refuse_bound,
    refuse_unlike,
    refuse_unsaved,
)
from forewarn.subjects.copying.traffic import HALVES, Traffic
from forewarn.subjects.finding.shaking import shake
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.holding import held_parts
from forewarn.subjects.layout import Calling, Layout
from forewarn.subjects.prompts import Prompts, batches
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.rounding import same

HALF: Final = 2.0**-7
"""Largest relative difference of logits that is put down to rounding where both are in half precision."""
WIDENED: Final = 2.0**-3
"""The same between logits in half precision and those of the same weights in float32."""
_TOKENS: Final = 1024
"""Largest number of tokens in one pass of the comparison."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class LikeCopy:
    """A copy that was found to be the model."""

    found: FoundDecoder
    """The decoder in it."""
    kind: CopyKind
    """What it took over."""
    proved: bool = True
    """Whether it is the model under other weights too. False where hooks of the model were left out that the copy
    cannot run, so that only the comparison at each look tells whether they matter."""


def like_copy(
    template: nn.Module,
    live: LiveModule,
    find: Callable[[nn.Module], Layout],
    prompts: Callable[[Layout], Prompts],
    device: torch.device,
) -> LikeCopy:
    """The copy of a live model that is equal to it and runs nothing of it.

    Where hooks or replaced forwards were put on the model from outside it is copied without and with them. The
    plain copy is taken where it is the model and the hooks make no difference to random weights either; otherwise
    the one with hooks, bound to the copy's own parts. `find` gives the layout of a copy, `prompts` what to
    compare on.

    Raises:
        SubjectError: no copy is both equal to the live model and independent of it.
    """
    refuse_hooks_on_wrappers(template)
    extras = put_on(template)
    searched = _undoing(find) if extras else find

    def tried(kind: CopyKind) -> LikeCopy | SubjectError:
        try:
            copied = _found(live, kind, searched, device)
            check_like(template, copied, prompts(copied.found.layout))
        except SubjectError as error:
            return error
        except (RuntimeError, TypeError, ValueError, AttributeError) as error:
            refuse_quantised(template, "")
            if not kind.hooks:
                raise
            return SubjectError(
                f"a copy with the model's hooks cannot be run: {type(error).__name__}: {error}"
            )
        return copied

    plain = tried(READ)
    if extras and not isinstance(plain, NotRunError):
        hooked = tried(WITH_HOOKS)
        if isinstance(hooked, LikeCopy) and not _hooks_do_nothing(plain, hooked, prompts):
            return hooked
        if isinstance(hooked, SubjectError) and (
            isinstance(hooked, UnsavedWeightsError) or isinstance(plain, SubjectError)
        ):
            raise hooked
        if isinstance(plain, LikeCopy):
            plain = replace(plain, proved=isinstance(hooked, LikeCopy))
    if isinstance(plain, SubjectError):
        # What cannot be copied or found because of its weights is refused for its weights.
        refuse_quantised(template, "")
        raise plain
    return plain


def check_like(template: nn.Module, copied: LikeCopy, prompts: Prompts) -> None:
    """Compare a copy with the live model on some prompts: the decoder alone, in eval mode, by its last logits.

    Raises:
        SubjectError: the copy reads the live model's memory, reads weights that no snapshot holds, or its logits
            are not those of the live model.
    """
    found, path = copied.found, copied.found.layout.decoder
    calling = found.layout.calling
    part = part_at(template, path)
    refuse_quantised(part, path)
    logits, traffic = _read(found.module, prompts, found.device, calling)
    refuse_bound(template, found, traffic)
    refuse_unsaved(traffic, path)
    wanted, half = _read_live(template, part, path, prompts, calling)
    if not half:
        refuse_unlike(logits, wanted, TOLERANCE, template, path)
        return
    # Rounding hides what is small: so a copy in the model's own precision is compared first.
    exact = copy_module(LiveModule.of(template), replace(copied.kind, exact=True)).get_submodule(path)
    refuse_unlike(_read(exact, prompts, found.device, calling)[0], wanted, HALF, template, path)
    refuse_unlike(logits, wanted, WIDENED, template, path)


def _found(
    live: LiveModule, kind: CopyKind, find: Callable[[nn.Module], Layout], device: torch.device
) -> LikeCopy:
    """A copy of one kind, with its decoder. One that goes on under an autocast of its own is read in float64."""
    twin = copy_module(live, kind)
    try:
        layout = find(twin)
    except SubjectError:
        if not _names_autocast(twin):
            raise
        layout = find(move(twin, torch.device("cpu"), torch.float64))
    decoder = twin.get_submodule(layout.decoder)
    _mark_outside(twin, decoder, live)
    decoder = move(decoder, device)
    return LikeCopy(FoundDecoder.of(_free_of_autocast(decoder, device), layout), kind)


def _undoing(find: Callable[[nn.Module], Layout]) -> Callable[[nn.Module], Layout]:
    """The same search, after which every tensor that existed before is as it was.

    A copy that is bound to the live model would update its running statistics while its parts are looked for.
    """

    def search(twin: nn.Module) -> Layout:
        traffic = Traffic()
        try:
            with traffic:
                return find(twin)
        finally:
            traffic.undo()

    return search


def _mark_outside(twin: nn.Module, decoder: nn.Module, live: LiveModule) -> None:
    """Trained weights outside of the decoder ask for gradients, so that a decoder that reads them can be told."""
    inside = set(decoder.parameters())
    for name, weight in twin.named_parameters():
        if name in live.trained and weight not in inside:
            weight.requires_grad_(True)


def _free_of_autocast(decoder: nn.Module, device: torch.device) -> nn.Module:
    """The decoder in float64, which autocast leaves alone, where its own code asks for autocast."""
    if not _names_autocast(decoder):
        return decoder
    return move(decoder, device, torch.float64)


def _names_autocast(module: nn.Module) -> bool:
    """Whether the code of any forward names torch's autocast, or was wrapped in it."""
    forwards = {type(part).forward for _, part in held_parts(module)}
    codes = [getattr(forward, "__code__", None) for forward in forwards]
    return any(
        name in ("autocast", "autocast_instance")
        for c in codes
        if c
        for name in (*c.co_names, *c.co_freevars)
    )


def _read(
    decoder: nn.Module, prompts: Prompts, device: torch.device, calling: Calling
) -> tuple[Float[Tensor, "n v"], Traffic]:
    traffic = Traffic()
    try:
        with undisturbed(device), traffic:
            return _logits(decoder, prompts, device, calling), traffic
    finally:
        traffic.undo()


def _read_live(
    template: nn.Module, part: nn.Module, path: str, prompts: Prompts, calling: Calling
) -> tuple[Float[Tensor, "n v"], bool]:
    """The live model's logits, and whether anything in it is of half precision."""
    tensors = [*part.parameters(), *part.buffers()]
    device = tensors[0].device if tensors else torch.device("cpu")
    try:
        with borrowed(template) as traffic:
            # In the live module wrappers may stand on the way to the part that is called.
            called = part_at(part, calling.part)
            logits = _logits(called, prompts, device, replace(calling, part=""))
    except Exception as error:
        raise NotRunError(
            f"the live model could not be run on the audit set's prompts, so that nothing tells whether the copy "
            f"is the model: {path or type(part).__name__!r} raised {type(error).__name__}: {error}. "
            f"{likely_why(template)} Name a part that maps token ids to logits with Overrides(decoder=...)."
        ) from error
    return logits, traffic.half or any(tensor.dtype in HALVES for tensor in tensors)


def _logits(
    decoder: nn.Module, prompts: Prompts, device: torch.device, calling: Calling
) -> Float[Tensor, "n v"]:
    rows: dict[int, Tensor] = {}
    for batch in batches(prompts, _TOKENS):
        ids = torch.tensor([list(prompts[i]) for i in batch], device=device)
        rows |= dict(zip(batch, last_logits(decoder, ids, calling).double().cpu(), strict=True))
    return torch.stack([rows[i] for i in range(len(prompts))])


def _hooks_do_nothing(
    plain: LikeCopy | SubjectError, hooked: LikeCopy, prompts: Callable[[Layout], Prompts]
) -> bool:
    """Whether the copies with and without hooks are equal under random weights too, as a fresh adapter is not."""
    if isinstance(plain, SubjectError) or plain.found.layout.decoder != hooked.found.layout.decoder:
        return False
    asked = prompts(plain.found.layout)
    one, other = (
        _read(shake(each.found.copied().module), asked, each.found.device, each.found.layout.calling)[0]
        for each in (plain, hooked)
    )
    return same(one, other, TOLERANCE)
