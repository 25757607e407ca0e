"""Which part of a module is watched: the outermost decoder whose logits depend on what is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import final

from torch import nn

from forewarn.errors import SubjectError
from forewarn.subjects.calling import ALONE
from forewarn.subjects.finding import telling
from forewarn.subjects.finding.acting import Acting, FoundPart
from forewarn.subjects.finding.decoder import NO_PARTS, way_of, why_not
from forewarn.subjects.rounding import same

_EQUAL = 1e-6
"""Largest relative difference of two answers that are taken for one and the same."""


@final
class Search:
    """Mutable: looks for the decoder in a copy whose weights have been shaken, and notes why parts are none.

    The parameters that training changes must act on the logits of what is watched. A decoder on which none of
    them acts (a frozen teacher, a reference) is passed over. Where training changes nothing, any decoder will do.
    """

    def __init__(self, acting: Acting) -> None:
        """`acting`: the copy, the trial prompts, and what is trained."""
        self.acting, self.reasons = acting, dict[str, str]()

    def decoder(self) -> FoundPart:
        """The outermost decoder on whose logits some trained parameter acts.

        Parts are called with the token ids alone first. Other ways of calling are tried where that finds no such
        decoder, or where trained parameters lie outside of it: a module around both may then be the decoder.

        Raises:
            SubjectError: no part is one, or several are.
        """
        found, idle = self._plain()
        if not found:
            found = self._otherwise() or self._trained_from_outside(idle)
        elif len(found) == 1 and self.acting.trained_outside(found[0]):
            found = [*found, *self._beside(found[0])]
        if len(found) > 1:
            raise SubjectError(telling.several([part.path for part in found]))
        if not found:
            raise SubjectError(self._nothing(idle))
        outer = next(self._around(found[0]), None)
        return outer or self.whole(found[0])

    def named(self, path: str) -> FoundPart:
        """The decoder that the user named, in the way in which it is called.

        Raises:
            SubjectError: it is no decoder.
        """
        part = self.acting.root.get_submodule(path)
        way = way_of(part, self.acting.ids)
        if way is None:
            reason = why_not(part, self.acting.ids) or ""
            raise SubjectError(telling.no_decoder_of_that_name(path, reason))
        return self.whole(FoundPart(path, way))

    def whole(self, found: FoundPart) -> FoundPart:
        """The decoder together with what acts on its logits from outside, such as an adapter beside it.

        A snapshot of the decoder alone would not hold that. So the innermost module that holds all of it is
        watched, and the decoder in it is what is called.
        """
        if not self.acting.acted_on_from_outside(found):
            return found
        return next(outer for outer in found.around() if not self.acting.acted_on_from_outside(outer))

    def equal_inside(self, found: FoundPart) -> Iterator[FoundPart]:
        """The decoders inside of another one that answer as it does, so that either can be watched."""
        logits, prefix = self.acting.logits(found), f"{found.path}." if found.path else ""
        for path, part in self._outside_in():
            if path in ("", found.path) or not path.startswith(prefix):
                continue
            way = way_of(part, self.acting.ids)
            inner = None if way is None else FoundPart(path, way)
            if inner is not None and same(self.acting.logits(inner), logits, _EQUAL):
                yield self.whole(inner)

    def _plain(self) -> tuple[list[FoundPart], list[FoundPart]]:
        """The outermost decoders that take the token ids alone, and those on which nothing trained acts."""
        found, idle = list[FoundPart](), list[FoundPart]()
        for path, part in self._outside_in():
            if _lies_in(path, found):
                continue
            reason = why_not(part, self.acting.ids)
            if reason is None:
                candidate = FoundPart(path, ALONE)
                (found if self._will_do(candidate) else idle).append(candidate)
            else:
                self.reasons[path] = reason
        return found, idle

    def _otherwise(self) -> list[FoundPart]:
        """The outermost decoders that are called in another way."""
        found = list[FoundPart]()
        for path, part in self._outside_in():
            # What has been tried alone and has parts; of these, what training changes.
            if self.reasons.get(path, NO_PARTS) == NO_PARTS or _lies_in(path, found) or self._is_frozen(part):
                continue
            way = way_of(part, self.acting.ids)
            if way is not None and self._will_do(FoundPart(path, way)):
                found.append(FoundPart(path, way))
        return found

    def _beside(self, found: FoundPart) -> list[FoundPart]:
        """Decoders that share a trained part with another one, or not even that, and are called in another way."""
        return [part for part in self._otherwise() if not _lies_in(found.path, [part])]

    def _trained_from_outside(self, idle: Iterable[FoundPart]) -> list[FoundPart]:
        """The decoders that are frozen themselves, and on which something acts that is trained beside them."""
        return [part for part in idle if self.acting.acts(part, self.acting.trained_outside(part))]

    def _around(self, inner: FoundPart) -> Iterator[FoundPart]:
        """Decoders around another one, outermost first, on which what is trained outside of that one acts."""
        outside, steps = self.acting.trained_outside(inner), inner.path.split(".")
        for path in (".".join(steps[:k]) for k in range(len(steps)) if inner.path and outside):
            way = way_of(self.acting.root.get_submodule(path), self.acting.ids)
            if way is not None and self.acting.acts(FoundPart(path, way), outside):
                yield FoundPart(path, way)

    def _will_do(self, found: FoundPart) -> bool:
        return not self.acting.names or self.acting.is_trained(found)

    def _is_frozen(self, part: nn.Module) -> bool:
        return bool(self.acting.names) and not self.acting.holds_trained(part)

    def _nothing(self, idle: list[FoundPart]) -> str:
        if not idle:
            return telling.none(type(self.acting.root).__name__, self.reasons)
        trained = [name for name, _ in self.acting.trained()]
        return telling.untrained(idle[0].path, trained, self.reasons)

    def _outside_in(self) -> list[tuple[str, nn.Module]]:
        known = self.acting.root.named_modules()
        return sorted(known, key=lambda item: item[0].count(".") + bool(item[0]))


def _lies_in(path: str, found: Iterable[FoundPart]) -> bool:
    return any(not part.path or path.startswith(f"{part.path}.") for part in found)
