"""What an audit set must hold to be of any use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from forewarn.auditset.context import LICENCES, Context, Part
from forewarn.auditset.fact import Fact
from forewarn.errors import AuditSetError

LEAST_ENTITIES = 8


def check(facts: Sequence[Fact], contexts: Sequence[Context], lexicon: Sequence[Part]) -> None:
    """Raise AuditSetError for the first thing that makes the audit set useless."""
    _entities(facts)
    for fact in facts:
        _answers(fact)
    _unique("fact", (f.key for f in facts))
    _contexts(contexts)
    for part in lexicon:
        if not part.phrase:
            raise AuditSetError(f"a phrase for slot {part.slot!r} is empty; give words or token ids.")


def _entities(facts: Sequence[Fact]) -> None:
    entities = {f.entity for f in facts}
    if len(entities) < LEAST_ENTITIES:
        raise AuditSetError(
            f"an audit set needs facts about at least {LEAST_ENTITIES} entities, since half are kept for "
            f"confirmation; found {len(entities)}. Add facts (48 or more give narrow intervals)."
        )


def _answers(fact: Fact) -> None:
    if not fact.question or not fact.answer:
        raise AuditSetError(f"the fact about {fact.entity!r} has an empty question or answer.")
    if not fact.alternatives:
        raise AuditSetError(
            f"no false answer is known for {fact.entity!r}: relation {fact.relation!r} has one answer only. "
            "Add facts with other answers, or give `alternatives`."
        )
    if fact.answer in fact.alternatives:
        raise AuditSetError(f"the true answer about {fact.entity!r} is also among its alternatives.")


def _contexts(contexts: Sequence[Context]) -> None:
    _unique("context", (c.name for c in contexts))
    for context in contexts:
        if context.licenses not in LICENCES:
            raise AuditSetError(
                f"context {context.name!r} licenses {context.licenses!r}; wanted one of {', '.join(LICENCES)}."
            )
        _unique(f"slot of context {context.name!r}", (p.slot for p in context.parts))
    if not any(c.licenses == "truth" for c in contexts):
        raise AuditSetError("no context licenses truth, so no answer could be false; add one that does.")


def _unique(what: str, names: Iterable[str]) -> None:
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise AuditSetError(
            f"{what} named more than once: {', '.join(map(repr, doubled[:3]))}; names are unique."
        )
