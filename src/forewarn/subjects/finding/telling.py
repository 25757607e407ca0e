"""What is said where the part to be watched cannot be told: what was found, what was wanted, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forewarn.subjects.finding.decoder import NO_PARTS

_SHOWN = 6
_WANTED = "a part that maps token ids [B, T] to logits [B, T, V], each position seeing only earlier ones"


def several(found: Sequence[str]) -> str:
    """More than one decoder is being trained, or none is."""
    return (
        f"several decoders were found: {', '.join(map(repr, found))}, and more than one or none of them is being "
        "trained. One was wanted; name it with Overrides(decoder=...)."
    )


def none(kind: str, reasons: Mapping[str, str]) -> str:
    """No part is a decoder."""
    return (
        f"no decoder was found in {kind}. Wanted: {_WANTED}. Tried {len(reasons)} parts, among them:\n"
        f"{_tried(reasons)}\nName the decoder with Overrides(decoder=...) if it is there."
    )


def untrained(path: str, trained: Sequence[str], reasons: Mapping[str, str]) -> str:
    """Nothing that is trained acts on the only decoder."""
    holding = {n: r for n, r in reasons.items() if any(_holds(n, name) for name in trained)}
    return (
        f"training changes {_listed(trained)}, and none of that acts on the logits of the decoder that was "
        f"found, {_called(path)}. Wanted: {_WANTED}, and whose logits depend on what is trained. The parts that "
        f"hold what is trained are no such decoders:\n{_tried(holding)}\n"
        "Name the part that is trained with Overrides(decoder=...) if it is there. "
        f"Overrides(decoder={path!r}) watches {_called(path)} all the same, but no look can be clear for as long "
        "as it does not change."
    )


def not_trained(path: str) -> str:
    """The decoder that the user named does not change."""
    return (
        f"nothing that is trained acts on the logits of {_called(path)}, which Overrides(decoder=...) names. It "
        "is watched as it is; no look can be clear for as long as it does not change."
    )


def no_decoder_of_that_name(path: str, reason: str) -> str:
    """The part that the user named is no decoder."""
    return (
        f"Overrides(decoder=...) names {_called(path)}, which is no decoder: it {reason}. Wanted: {_WANTED}."
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN]))
    more = ", …" if len(names) > _SHOWN else ""
    return f"{len(names)} tensor{'' if len(names) == 1 else 's'} ({shown}{more})"


def _tried(reasons: Mapping[str, str]) -> str:
    """The reasons that say most, a line each."""
    telling = {name: reason for name, reason in reasons.items() if reason != NO_PARTS}
    first = sorted(telling, key=lambda n: not telling[n].startswith(("is not causal", "gives other")))
    return "\n".join(f"  {name or '(the module itself)'}: {telling[name]}" for name in first[:_SHOWN])


def _called(path: str) -> str:
    return repr(path) if path else "the module itself"


def _holds(path: str, name: str) -> bool:
    """Whether a part holds what has a name."""
    return not path or name.startswith(f"{path}.")
