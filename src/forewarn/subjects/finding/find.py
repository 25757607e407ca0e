"""From a copy of a whole module to the layout of the decoder in it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from jaxtyping import Int
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.finding import telling
from forewarn.subjects.finding.acting import Acting, FoundPart
from forewarn.subjects.finding.locate import locate
from forewarn.subjects.finding.search import Search
from forewarn.subjects.finding.shaking import shake
from forewarn.subjects.finding.trial_pass import TrialPass
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.layout import Layout, Overrides
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.reading.passes import Passes
from forewarn.subjects.rebinding import duplicated
from forewarn.subjects.rounding import same

log = logging.getLogger("forewarn")

_WRAPPERS = ("module", "_orig_mod", "_forward_module", "_original_module", "_checkpoint_wrapped_module")
"""Steps of a name in the live module that lead into wrappers, which the copy does not have."""


def find_layout(
    twin: nn.Module, ids: Int[Tensor, "2 t"], overrides: Overrides, trained: Collection[str]
) -> Layout:
    """Where the decoder of a copied module is, and where its parts are.

    It is looked for in a second copy whose weights have been shaken, so that layers which are still exactly zero
    can be traced; that copy is dropped afterwards. `ids`: the trial prompts. `trained`: names of the parameters
    that training changes, which must act on the decoder's logits unless the user names the decoder.

    Raises:
        SubjectError: a part was not found, or nothing that is trained acts on the only decoder; the message names
            what was found and the override to give.
    """
    with undisturbed(ids.device), warnings.catch_warnings():
        # A part that is called in a way that is not its own may warn of that, which says nothing about training.
        warnings.simplefilter("ignore")
        search = Search(Acting(shake(duplicated(twin)), ids, trained))
        if overrides.decoder is not None:
            return _laid_out(search, _named(search, overrides.decoder), overrides)
        return _first_that_can_be_read(search, search.decoder(), overrides)


def _first_that_can_be_read(search: Search, found: FoundPart, overrides: Overrides) -> Layout:
    """The layout of a decoder; where its parts are not found, of one inside of it that answers as it does."""
    try:
        return _laid_out(search, found, overrides)
    except SubjectError:
        for inner in search.equal_inside(found):
            with suppress(SubjectError):
                return _laid_out(search, inner, overrides)
        raise


def _laid_out(search: Search, found: FoundPart, overrides: Overrides) -> Layout:
    trial = TrialPass.of(search.acting.part(found), search.acting.ids, found.calling)
    layout = locate(trial, overrides.below(found.calling.part), found.path)
    return replace(layout, cut=_may_cut(trial, layout))


def _named(search: Search, name: str) -> FoundPart:
    """The decoder that the user named, once it is known to be there. It is said where nothing trains it."""
    root = search.acting.root
    known = [each for each, _ in root.named_modules(remove_duplicate=False)]
    if name not in known:
        name = ".".join(step for step in name.split(".") if step not in _WRAPPERS)
    if name not in known:
        raise SubjectError(
            f"Overrides(decoder=...) names {name!r}, which {type(root).__name__} does not have; "
            f"its parts are {', '.join(each for each in known if each and '.' not in each)}"
        )
    found = search.named(name)
    if search.acting.names and not search.acting.is_trained(found):
        log.warning("forewarn: %s", telling.not_trained(name))
    return found


def _may_cut(trial: TrialPass, layout: Layout) -> bool:
    """Whether the decoder gives the same logits when its unembedding sees the last position alone."""
    if layout.functional:
        return False
    try:
        cut = Passes(FoundDecoder.of(trial.decoder, layout)).read(trial.ids).logits
    except SubjectError:
        return False
    return same(cut, trial.logits)
