"""From a copy of a whole module to the layout of the decoder in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from jaxtyping import Int
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.finding.decoder import search_decoder, shake
from forewarn.subjects.finding.locate import locate
from forewarn.subjects.finding.trial_pass import TrialPass
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.layout import Layout, Overrides
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.reading.passes import Passes
from forewarn.subjects.rebinding import duplicated
from forewarn.subjects.rounding import same


def find_layout(
    twin: nn.Module, ids: Int[Tensor, "2 t"], overrides: Overrides, trained: Collection[str]
) -> Layout:
    """Where the decoder of a copied module is, and where its parts are.

    It is looked for in a second copy whose weights have been shaken, so that layers which are still exactly zero
    can be traced; that copy is dropped afterwards. `ids`: the trial prompts. `trained`: names of the parameters
    that training changes, by which one decoder is chosen where there are several.

    Raises:
        SubjectError: a part was not found; the message names the override to give.
    """
    with undisturbed(ids.device):
        shaken = shake(duplicated(twin))
        named = overrides.decoder
        path = search_decoder(shaken, ids, trained) if named is None else _named(shaken, named)
        trial = TrialPass.of(shaken.get_submodule(path), ids)
        layout = locate(trial, overrides, path)
        return replace(layout, cut=_may_cut(trial, layout))


def _named(shaken: nn.Module, name: str) -> str:
    """The decoder that the user named, once it is known to be there."""
    known = [each for each, _ in shaken.named_modules(remove_duplicate=False)]
    if name in known:
        return name
    raise SubjectError(
        f"Overrides(decoder=...) names {name!r}, which {type(shaken).__name__} does not have; "
        f"its parts are {', '.join(each for each in known if each and '.' not in each)}"
    )


def _may_cut(trial: TrialPass, layout: Layout) -> bool:
    """Whether the decoder gives the same logits when its unembedding sees the last position alone."""
    if layout.functional:
        return False
    try:
        cut = Passes(FoundDecoder.of(trial.decoder, layout)).read(trial.ids).logits
    except SubjectError:
        return False
    return same(cut, trial.logits)
