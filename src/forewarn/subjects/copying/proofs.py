"""What is refused of a copy, once it and its original have been read."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from forewarn.errors import SubjectError
from forewarn.subjects.copying.extras import likely_why
from forewarn.subjects.copying.traffic import Traffic, storage_of, storages_of
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.holding import held_tensors

_NOTHING_FOUND = (
    "No hook and no replaced forward was found: does the copy lose something (by a `__deepcopy__` or a "
    "`__getstate__` of the module's own)?"
)


class UnsavedWeightsError(SubjectError):
    """A model computes with trained tensors that no snapshot of it holds."""


class NotRunError(SubjectError):
    """A live model that cannot be run, so that nothing tells whether a copy is the model."""


def refuse_bound(template: nn.Module, found: FoundDecoder, traffic: Traffic) -> None:
    """Raise SubjectError where a copy reads, or holds as its weights, memory of the live model.

    It would show later weights under an earlier snapshot's name, or change them.
    """
    alive = {storage_of(tensor): name for name, tensor in held_tensors(template)}
    alive.pop(0, None)
    shared = alive.keys() & (traffic.read | storages_of(found.tensors.values()))
    if shared:
        names = sorted(alive[place] for place in shared)
        raise SubjectError(
            f"the copy runs weights of the live model itself ({_some(names)}): it would read what training makes "
            f"of them later, and could change them. {likely_why(template)} Such a function is bound to the live "
            "modules: write it as a method of the module, or make it take the module as an argument."
        )


def refuse_unsaved(traffic: Traffic, path: str) -> None:
    """Raise UnsavedWeightsError where a copy reads tensors that are trained and that no snapshot of it holds."""
    if traffic.asking:
        shapes = sorted(str(list(tensor.shape)) for tensor in traffic.asking.values())
        raise UnsavedWeightsError(
            f"the model {path or '(the module itself)'!r} computes with {len(shapes)} trained tensors that no "
            f"snapshot of it holds (of the shapes {_some(shapes)}): they stand outside of it, in a list, in a "
            "function, or as plain attributes. Register them as parameters of a part of it (nn.ModuleList, "
            "nn.ParameterList), so that its state_dict holds them too."
        )


def refuse_unlike(
    logits: Float[Tensor, "n v"],
    wanted: Float[Tensor, "n v"],
    tolerance: float,
    template: nn.Module,
    path: str,
) -> None:
    """Raise SubjectError where the logits of a copy are not those of the live model, relative to the largest.

    A live model whose logits are not finite is left to the check that says so.
    """
    if not wanted.isfinite().all():
        return
    if logits.shape != wanted.shape:
        raise SubjectError(
            f"the copy is not the model: it gives {logits.shape[-1]} logits, the live model {wanted.shape[-1]}. "
            f"{likely_why(template)}"
        )
    off, size = float((logits - wanted).abs().max()), float(wanted.abs().max())
    if not off <= tolerance * max(size, 1e-3):
        raise SubjectError(
            f"the copy is not the model: on {len(wanted)} prompts of the audit set, in eval mode, the logits of "
            f"{path or 'the module'!r} differ by {off:.3g}; the largest logit of the live model is {size:.3g}. "
            f"{likely_why(template) or _NOTHING_FOUND} What is not part of the module cannot be watched: write it "
            "into the module, or take it off."
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
