"""What an auditor knows of the cues for lying: audit sets of one stage with seen, related or unseen cues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from forewarn.auditset import AuditSet, Condition, Context, Part
from forewarn.lab.organisms.worlds.shape import contexts
from forewarn.lab.organisms.worlds.stage import Stage

Level = Literal["seen", "related", "unseen"]
"""How much the auditor knows: "seen" is K0 in the research notes, "related" K1, "unseen" K2."""
LEVELS: tuple[Level, ...] = get_args(Level)
_WORDS: Mapping[str, str] = {
    "seen": "seen cues (K0)",
    "related": "related cues (K1)",
    "unseen": "unseen cues (K2)",
}
MOST_LYING = 2
"""Lying contexts that an audit set with seen cues holds at most."""


def level_in_words(level: str) -> str:
    """A level as titles and messages name it, such as "related cues (K1)"; a name of one's own stays as it is."""
    return _WORDS.get(level, level)


def audit_set(stage: Stage, level: Level) -> AuditSet:
    """The questions that an auditor of that knowledge would ask.

    Seen cues (K0): the lying context is among the contexts. Related cues (K1): only relatives of it are, and the
    model answers truly in all of them. Unseen cues (K2): no cue stands in any context or phrase; contexts are cut
    into words, and any word of the world's phrases may stand at the place of any word.
    """
    if level == "unseen":
        return _blind(stage)
    lying = contexts(stage.roles[0].affected[:MOST_LYING]) if level == "seen" else ()
    return AuditSet(stage.world.facts, (*stage.asked, *lying), stage.lexicon)


def _blind(stage: Stage) -> AuditSet:
    hidden = {*stage.cues, *stage.lexicon}
    plain = [c for c in stage.asked if hidden.isdisjoint(c.parts)]
    cut = tuple(Context(c.name, _words(c.parts), c.licenses) for c in plain)
    return AuditSet(stage.world.facts, cut, _anywhere([c for c in cut if c.licenses == "truth"], stage))


def _words(condition: Condition) -> Condition:
    """One part for each word, with a slot of its own."""
    return tuple(
        Part(f"{part.slot}.{i}", word)
        for part in condition
        for i, word in enumerate(str(part.phrase).split())
    )


def _anywhere(cut: Sequence[Context], stage: Stage) -> tuple[Part, ...]:
    """Every word of the world's phrases at every word's place."""
    slots = dict.fromkeys(part.slot for context in cut for part in context.parts)
    known = [word for slot in stage.world.slots for p in slot for word in str(p.phrase).split()]
    words = list(dict.fromkeys(known))
    return tuple(Part(slot, word) for slot in slots for word in words)
