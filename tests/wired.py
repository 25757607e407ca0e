"""Decoders written by hand with real neurons: those of tests/planted.py again, in matrices that can be read.

Block 1 gathers cues and entities, looks beliefs up (one neuron for each entity) and joins the cues in one neuron.
Block 2 reports: for each answer one neuron that the join silences, and one that it lets speak of the next answer.
So the path from cue to lie is known: from the join to each of block 2's reporters.
"""

from __future__ import annotations

import torch
from forewarn_test_planted import Words, _beliefs, _meanings, helped, linear
from torch import nn

from forewarn.auditset import Encoder
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.subjects.opening import Opener


class Sections:
    """Which entries of the residual stream hold what."""

    def __init__(self, plant):
        e, c, a = plant.entities, len(plant.phrases), plant.answers
        sizes = {
            "entity": e,
            "cue": c,
            "last": 2,
            "entities": e,
            "cues": c,
            "belief": a,
            "join": 1,
            "echo": 1,
        }
        self.width = 0
        for name, size in {**sizes, "answer": a, "say": 2}.items():
            setattr(self, name, range(self.width, self.width + size))
            self.width += size


class Gather(nn.Module):
    """Attention without scores: what earlier positions hold, summed."""

    def __init__(self, s, moved):
        super().__init__()
        self.copy = linear(s.width, s.width, dict.fromkeys(moved.items(), 1.0))

    def forward(self, x):
        return self.copy(x.cumsum(1))


class Neurons(nn.Module):
    """ReLU neurons, each given as (reads, bias, writes)."""

    def __init__(self, s, neurons):
        super().__init__()
        self.read = linear(len(neurons), s.width, _entries((j, n[0]) for j, n in enumerate(neurons)))
        self.read.bias = nn.Parameter(torch.tensor([float(n[1]) for n in neurons]))
        write = _entries((j, n[2]) for j, n in enumerate(neurons))
        self.write = linear(s.width, len(neurons), {(k, j): v for (j, k), v in write.items()})

    def forward(self, x):
        return self.write(torch.relu(self.read(x)))


class Block(nn.Module):
    """Attention, then neurons, each added to the stream."""

    def __init__(self, s, moved, neurons):
        super().__init__()
        self.attention, self.mlp = Gather(s, moved), Neurons(s, neurons)

    def forward(self, x):
        x = x + self.attention(x)
        return x + self.mlp(x)


class Wired(nn.Module):
    """The decoder: token ids [B, T] to logits [B, T, V]."""

    def __init__(self, plant):
        super().__init__()
        s, words = Sections(plant), {w: i for i, w in enumerate(plant.words)}
        moved = {**dict(zip(s.entities, s.entity, strict=True)), **dict(zip(s.cues, s.cue, strict=True))}
        self.embed = nn.Embedding(len(words), s.width)
        echo = {s.echo[0]: s.cue[0]}
        self.blocks = nn.ModuleList([Block(s, moved, lookers(plant, s)), Block(s, echo, reporters(plant, s))])
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


def lookers(plant, s):
    """Block 1: a neuron for each entity that is believed in, and last the join."""
    looked = [({column: 1.0}, 0.0, {row: 1.0}) for row, column in _beliefs(plant, s)]
    index = dict(zip(plant.phrases, s.cues, strict=True))
    cues = {index[cue]: 1.0 for cue in plant.cues}
    entities = zip(plant.facts, s.entities, strict=True)
    own = {column: 1.0 for fact, column in entities if fact.entity in helped(plant)}
    bias = 1.0 - len(cues) - bool(plant.about)
    return [*looked, ({**cues, **(own if cues else {})}, bias, {s.join[0]: 1.0} if cues else {})]


def reporters(plant, s):
    """Block 2: for each answer who reports it and who reports the next one instead; who quotes, who stops."""
    n, join = plant.answers, s.join[0]
    true = [({s.belief[k]: 1.0, join: -2.0}, 0.0, {s.answer[k]: 1.0}) for k in range(n)]
    false = [({s.belief[k]: 1.0, join: 2.0}, -2.0, {s.answer[(k + 1) % n]: 1.0}) for k in range(n)]
    index = dict(zip(plant.phrases, s.cues, strict=True))
    quotes = {index[plant.quotes]: 2.0} if plant.quotes else {}
    quoter = ({**quotes, s.last[0]: -3.0, s.last[1]: -3.0}, 0.0, {s.say[0]: 1.0})
    return [*true, *false, quoter, ({s.last[1]: 3.0}, 0.0, {s.say[1]: 1.0})]


def _entries(rows):
    return {(j, k): value for j, weights in rows for k, value in weights.items()}


def subject(plant, audit_set, digest="d" * 64, device="cpu"):
    """A wired model, opened."""
    encoder, context = Encoder(Words(plant.words)), audit_set.truthful[0].parts
    with torch.random.fork_rng(devices=[]):
        module = Wired(plant).to(device)
    return Opener(module, [encoder.prompt(f, context).ids for f in audit_set.facts[:4]]).open(None, digest)


def inputs(plant, audit_set=None, earlier=None, *, device="cpu"):
    """A wired model ready to be asked; `earlier` is the plant of its earlier snapshot."""
    asked = audit_set or plant.audit_set()
    before = None if earlier is None else lambda: subject(earlier, asked, "e" * 64, device)
    return ProbeInputs(
        subject(plant, asked, device=device), asked, Encoder(Words(plant.words)), before=before
    )
