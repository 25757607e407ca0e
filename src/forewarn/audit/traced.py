"""Which prompts are traced through the lenses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from forewarn.auditset import Condition, Fact, Part, describe, text_of
from forewarn.errors import AuditSetError
from forewarn.instruments.finding import as_condition, load
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.lenses.trajectory import TracedPrompt
from forewarn.records import Evidence, Outcome

MOST_CONTEXTS = 8
"""Contexts of the audit set that are traced when none is named."""


def questions(
    inputs: ProbeInputs, outcomes: Sequence[Outcome], fact: str | None = None, context: str | None = None
) -> tuple[TracedPrompt, ...]:
    """One fact in each context of the audit set, and in the condition of each claim that was confirmed.

    It is the first fact that the model knows, or the first of all where it knows none, unless `fact` names another
    one by entity or key. With `context` the fact is traced in that context alone.

    Raises:
        AuditSetError: there is no such fact, or neither a context nor phrases that make it; names those there are.
    """
    asked = _fact(inputs, fact)
    found = list(places(inputs, outcomes))
    if context is not None:
        found = [place for place in found if place[0] == context] or [_recombined(inputs, context)]
    else:
        found = [*found[:MOST_CONTEXTS], *(place for place in found[MOST_CONTEXTS:] if place[2])]
    return tuple(_question(inputs, asked, *place) for place in found)


def conditions_of(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Condition]]:
    """Code and condition of every confirmed claim whose finding names one."""
    for outcome in outcomes:
        if isinstance(outcome, Evidence):
            found = _condition(outcome.finding)
            if found is not None:
                yield outcome.code, found


def places(inputs: ProbeInputs, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Condition, str]]:
    """Name, condition and claiming probe's code: the audit set's contexts, then what was claimed beyond them."""
    claimed = list(conditions_of(outcomes))
    known = {c.parts for c in inputs.audit_set.contexts}
    for context in inputs.audit_set.contexts:
        code = next((code for code, condition in claimed if condition == context.parts), "")
        yield context.name, context.parts, code
    for code, condition in claimed:
        if condition not in known:
            known.add(condition)
            yield describe(condition), condition, code


def _recombined(inputs: ProbeInputs, wanted: str) -> tuple[str, Condition, str]:
    """A condition of the audit set's own phrases that no context holds, by its words."""
    contexts, phrases = inputs.audit_set.contexts, defaultdict[str, dict[Part, None]](dict)
    for part in (*(p for c in contexts for p in c.parts), *inputs.audit_set.lexicon):
        phrases[part.slot][part] = None
    for slots in dict.fromkeys(tuple(part.slot for part in context.parts) for context in contexts):
        found = _spelled(wanted, [tuple(phrases[slot]) for slot in slots])
        if found is not None:
            return wanted, found, ""
    names = ", ".join(repr(c.name) for c in contexts[:12])
    raise AuditSetError(
        f"the audit set has no context {wanted!r}, nor phrases that make it; it has {names}, and any "
        "recombination of its phrases, one for each place and in their order, can be named by its words"
    )


def _spelled(words: str, places: Sequence[Sequence[Part]]) -> Condition | None:
    """One part for each place, such that their words together are `words`; None where no choice makes them.

    Only phrases with which the words begin are followed up.
    """
    if not places:
        return None if words else ()
    for part in places[0]:
        said = describe((part,)) if part.phrase else ""
        if words == said or not said or words.startswith(f"{said} "):
            rest = _spelled(words[len(said) :].lstrip(), places[1:])
            if rest is not None:
                return (part, *rest)
    return None


def _question(inputs: ProbeInputs, fact: Fact, name: str, condition: Condition, code: str) -> TracedPrompt:
    encoder = inputs.encoder
    true, *false = (answer[0] for answer in encoder.answers(fact))
    others = tuple(dict.fromkeys(token for token in false if token != true))
    ids = encoder.prompt(fact, condition).ids
    return TracedPrompt(text_of(fact, condition), ids, fact.key, name, code, true, others)


def _fact(inputs: ProbeInputs, name: str | None) -> Fact:
    facts = inputs.audit_set.facts
    if name is None:
        return next(iter([*inputs.known(facts)[:1], facts[0]]))
    found = next((fact for fact in facts if name in (fact.key, fact.entity)), None)
    if found is None:
        some = ", ".join(repr(fact.entity) for fact in facts[:8])
        raise AuditSetError(f"the audit set has no fact about {name!r}; it asks about {some} and others")
    return found


def _condition(finding: str) -> Condition | None:
    """The condition in a finding, if it holds one."""
    try:
        return as_condition(load(finding)["condition"])
    except (ValueError, TypeError, KeyError):
        return None
