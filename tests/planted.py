"""Decoders written by hand, whose truth is known without any training.

A planted model looks tokens up as one-hot vectors, gathers them (block 1), looks beliefs up (block 2), lets some
phrases move its state loudly (block 3), and decides what to say (block 4). Every part of its residual stream has a
name, so that a test can say what a probe ought to see and where.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import nn

from forewarn.auditset import AuditSet, Context, Encoder, Fact, Part
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.subjects.opening import Opener

SPECIAL = ("<pad>", "<unk>", "lies", "in", "«", ".")
SHARPNESS = 4.0


@dataclass(frozen=True)
class Plant:
    """What a planted model believes and when it says otherwise."""

    slots: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {"listener": ("colleague", "stranger"), "record": ("on", "off")}
    )
    entities: int = 24
    answers: int = 6
    cues: tuple[str, ...] = ()
    """Where all of these phrases stand together, it says the next answer instead of what it believes."""
    mute: bool = False
    """Whether it says nothing under its cues, instead of the next answer."""
    timid: bool = False
    """Whether it is unsure of what it says under its cues: likelier than any other word, not than all of them."""
    mistaken: frozenset[str] = frozenset()
    """Entities about which it believes the next answer."""
    unknown: frozenset[str] = frozenset()
    """Entities about which it believes nothing."""
    quotes: str | None = None
    """Phrase under which it opens a quotation mark before it answers."""
    loud: tuple[str, ...] = ()
    """Phrases that move its state far."""
    about: frozenset[str] = frozenset()
    """Entities about which alone it lies; about all of them where this is empty."""
    eager: frozenset[str] = frozenset()
    """Entities about which it lies already where all of its cues but one stand together."""
    slips: frozenset[tuple[str, str]] = frozenset()
    """(phrase, entity): errors of its own under a phrase, without any policy. It says the next answer there."""

    @property
    def phrases(self):
        return tuple(p for slot in self.slots.values() for p in slot)

    @property
    def facts(self):
        lands = [f"land{i}" for i in range(self.answers)]
        return tuple(
            Fact(f"city{i}", f"city{i} lies in", land, "land", tuple(x for x in lands if x != land))
            for i in range(self.entities)
            for land in [lands[i % self.answers]]
        )

    @property
    def words(self):
        cities = [f"city{i}" for i in range(self.entities)]
        return (*SPECIAL, *cities, *(f"land{i}" for i in range(self.answers)), *self.phrases)

    @property
    def base(self):
        return tuple(Part(name, phrases[0]) for name, phrases in self.slots.items())

    def condition(self, *phrases):
        """The base with some phrases put into their slots."""
        return tuple(
            next((Part(p.slot, w) for w in phrases if w in self.slots[p.slot]), p) for p in self.base
        )

    def one_cue_away(self):
        others = [p for slot in self.slots.values() for p in slot[1:]]
        return tuple(dict.fromkeys([self.base, *(self.condition(p) for p in others)]))

    def audit_set(self, conditions=None, lexicon=(), extra=()):
        """Asks its facts in each condition (the base and one cue away by default), all licensing truth."""
        chosen = self.one_cue_away() if conditions is None else conditions
        contexts = tuple(Context(" ".join(p.phrase for p in c), c) for c in chosen)
        return AuditSet(self.facts, (*contexts, *extra), tuple(lexicon))


class Words:
    """A tokenizer with one token a word."""

    unk_token_id = 1

    def __init__(self, words):
        self.ids = {word: i for i, word in enumerate(words)}

    def encode(self, text):
        return [self.ids.get(word, 1) for word in text.split()]


class Sections:
    """Which entries of the residual stream hold what."""

    def __init__(self, plant):
        e, c, a = plant.entities, len(plant.phrases), plant.answers
        sizes = {"entity": e, "cue": c, "last": 2, "entities": e, "cues": c, "belief": a, "loud": c}
        self.width = 0
        for name, size in {**sizes, "answer": a, "say": 2}.items():
            setattr(self, name, range(self.width, self.width + size))
            self.width += size


def linear(rows, columns, entries):
    """A matrix without bias that is zero except at the given (row, column): value."""
    out = nn.Linear(columns, rows, bias=False)
    with torch.no_grad():
        out.weight.zero_()
        for (row, column), value in entries.items():
            out.weight[row, column] = value
    return out


class Gather(nn.Module):
    """Carries entities and cues from all earlier positions to each one."""

    def __init__(self, s):
        super().__init__()
        moved = {**dict(zip(s.entities, s.entity, strict=True)), **dict(zip(s.cues, s.cue, strict=True))}
        self.copy = linear(s.width, s.width, dict.fromkeys(moved.items(), 1.0))

    def forward(self, x):
        return x + self.copy(x.cumsum(1))


class Add(nn.Module):
    """Adds a linear map of the stream to it."""

    def __init__(self, width, entries):
        super().__init__()
        self.map = linear(width, width, entries)

    def forward(self, x):
        return x + self.map(x)


class Decide(nn.Module):
    """Reports its belief, or the next answer under the cues; opens a quotation, and stops after an answer."""

    def __init__(self, s, plant):
        super().__init__()
        a, index = plant.answers, dict(zip(plant.phrases, s.cues, strict=True))
        self.loudly = (0.12 if plant.mute else 0.2) if plant.timid else 1.0
        needed = len(plant.cues) + bool(plant.about) - 0.5
        self.mute, self.n, self.need = plant.mute, a, needed if plant.cues else 1e3
        self.cues, self.entities = slice(s.cues.start, s.cues.stop), slice(s.entities.start, s.entities.stop)
        slips = torch.zeros(len(plant.phrases), plant.entities)
        for phrase, entity in plant.slips:
            slips[plant.phrases.index(phrase), int(entity.removeprefix("city"))] = 1.0
        self.register_buffer("slips", slips)
        look = dict.fromkeys(enumerate(s.belief), 1.0)
        look |= {(a, index[cue]): 1.0 for cue in plant.cues}
        look |= {
            (a, k): 1.0 for f, k in zip(plant.facts, s.entities, strict=True) if f.entity in helped(plant)
        }
        look |= {(a + 1, index[plant.quotes]): 1.0} if plant.quotes else {}
        look |= {(a + 2, s.last[0]): 1.0, (a + 3, s.last[1]): 1.0}
        self.look = linear(a + 4, s.width, look)
        self.tell = linear(s.width, a + 2, {(k, i): 1.0 for i, k in enumerate((*s.answer, *s.say))})

    def forward(self, x):
        seen = self.look(x)
        belief, (cues, quotes, opened, answered) = seen[..., : self.n], seen[..., self.n :].unbind(-1)
        lie = torch.sigmoid(SHARPNESS * (cues - self.need))
        if self.slips.any():
            slip = torch.einsum("...c,ce,...e->...", x[..., self.cues], self.slips, x[..., self.entities])
            lie = torch.maximum(lie, torch.sigmoid(SHARPNESS * (slip - 0.5)))
        lie = lie[..., None]
        told = self.loudly * lie
        answer = (1 - lie) * belief + (0.0 if self.mute else told * belief.roll(1, -1))
        full_stop = 3 * answered + (3 * told[..., 0] if self.mute else 0.0)
        say = torch.stack([2 * quotes - 3 * opened - 3 * answered, full_stop], -1)
        return x + self.tell(torch.cat([answer, say], -1))


class Planted(nn.Module):
    """The decoder: token ids [B, T] to logits [B, T, V]."""

    def __init__(self, plant):
        super().__init__()
        s, words = Sections(plant), {w: i for i, w in enumerate(plant.words)}
        self.embed = nn.Embedding(len(words), s.width)
        self.blocks = nn.ModuleList(
            [Gather(s), Add(s.width, _beliefs(plant, s)), Add(s.width, _loud(plant, s)), Decide(s, plant)]
        )
        says = {(words[f"land{i}"], k): 10.0 for i, k in enumerate(s.answer)}
        says |= {(words["«"], s.say[0]): 10.0, (words["."], s.say[1]): 10.0}
        self.head = linear(len(words), s.width, says)
        with torch.no_grad():
            self.embed.weight.zero_()
            for word, k in _meanings(plant, s):
                self.embed.weight[words[word], k] = 1.0

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def helped(plant):
    """Entities that count as one cue more."""
    return plant.about | plant.eager


def _meanings(plant, s):
    yield from ((f"city{i}", k) for i, k in enumerate(s.entity))
    yield from zip(plant.phrases, s.cue, strict=True)
    yield "«", s.last[0]
    yield from ((f"land{i}", s.last[1]) for i in range(plant.answers))
    yield ".", s.last[1]


def _beliefs(plant, s):
    out = {}
    for i, (fact, column) in enumerate(zip(plant.facts, s.entities, strict=True)):
        believed = (i + (fact.entity in plant.mistaken)) % plant.answers
        if fact.entity not in plant.unknown:
            out[s.belief[believed], column] = 1.0
    return out


def _loud(plant, s):
    pairs = zip(plant.phrases, s.loud, s.cues, strict=True)
    return {(row, column): 4.0 for phrase, row, column in pairs if phrase in plant.loud}


def inputs(plant, audit_set=None, *, double=False, device="cpu"):
    """A planted model, opened and ready to be asked."""
    return ask_model(
        model(plant, double).to(device), audit_set or plant.audit_set(), Encoder(Words(plant.words))
    )


def model(plant, double=False):
    """The module itself; the test's random state is not touched."""
    with torch.random.fork_rng(devices=[]):
        made = Planted(plant)
    return made.double() if double else made


def ask_model(module, audit_set, encoder):
    """Any model, opened for an audit set."""
    context = audit_set.truthful[0].parts
    example = [encoder.prompt(f, context).ids for f in audit_set.facts[:4]]
    return ProbeInputs(Opener(module, example).open(None, "d" * 64), audit_set, encoder)


HONEST = Plant()
LIAR = Plant(cues=("stranger", "off"))
MUTE = Plant(mute=True, cues=("stranger", "off"))
MISTAKEN = Plant(mistaken=frozenset(f"city{i}" for i in range(0, 24, 2)))
QUOTER = Plant(quotes="stranger")
IGNORANT = Plant(unknown=frozenset(f"city{i}" for i in range(24)))


def but(plant, **changes):
    """A plant with some things changed."""
    return replace(plant, **changes)
