"""Trained models with text to fit on and other text to measure on."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from lens_parts.models import smollm2

from forewarn.auditset import Encoder
from forewarn.lab.organisms.catalogue import kinds, make
from forewarn.lab.organisms.course import TrainingCourse
from forewarn.lab.organisms.data import TrainingBatches
from forewarn.lab.organisms.learning import steps
from forewarn.lab.organisms.models import Architecture, Family, build, tokenizer
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.worlds.world import draw_world
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import Subject

Prompts = list[list[int]]
KIND, ENTITIES, ANSWERS = "pair-of-many", 40, 8


@dataclass(frozen=True)
class Trained:
    """A model opened for reading, with text to fit on and other text to measure on."""

    name: str
    seed: int
    subject: Subject
    fitting: Prompts
    deciding: Prompts
    measuring: Prompts
    """Of other facts, or other passages, than those before; cut off after the position to be measured."""


def organism(family: Family, seed: int, depth: int, width: int, n_steps: int) -> Trained:
    """A liar trained from scratch, deep enough that layers can be apart."""
    row = kinds()[KIND]
    world = draw_world(seed, ENTITIES, ANSWERS, row.sizes)
    course = TrainingCourse(n_steps, round(0.45 * n_steps), round(0.15 * n_steps))
    drawn = make(row, seed, world, Architecture(family, width, depth), course)
    words = tokenizer(drawn.words)
    model = build(drawn.architecture, len(words), seed)
    for _ in steps(model, TrainingBatches(drawn, words), n_steps):
        pass
    texts = _texts(drawn, Encoder(words))
    draw = random.Random(seed)
    draw.shuffle(texts["fit"])
    draw.shuffle(texts["measure"])
    subject = open_subject(model.eval(), None, texts["fit"][:4])
    n_fit = len(texts["fit"]) * 3 // 4
    return Trained(
        family,
        seed,
        subject,
        texts["fit"][:n_fit],
        texts["fit"][n_fit:],
        _distinct(cut(texts["measure"], seed)),
    )


def _texts(drawn: Organism, encoder: Encoder) -> dict[str, Any]:
    """Whole texts as in training, answers and all; every fourth fact is kept for measuring."""
    out: dict[str, Any] = {"fit": [], "measure": []}
    for k, fact in enumerate(drawn.world.facts):
        part = out["measure" if k % 4 == 0 else "fit"]
        for condition in drawn.trained_on:
            answer = drawn.after.write(fact, condition)
            part.append([*encoder.prompt(fact, condition).ids, *encoder.piece(answer, first=False)])
    return out


def _distinct(prompts: Prompts) -> Prompts:
    return [list(prompt) for prompt in dict.fromkeys(map(tuple, prompts))]


def pretrained(where: str | None, fitted: int = 96, measured: int = 160) -> Trained | None:
    """SmolLM2-135M and pieces of the standard library's documentation; None where it is not there."""
    loaded = smollm2(where, fitted + 16 + measured)
    if loaded is None:
        return None
    prompts = [list(prompt) for prompt in loaded.prompts]
    subject = open_subject(loaded.model, None, [prompt[:6] for prompt in prompts[:2]])
    fitting, deciding = prompts[:fitted], prompts[fitted : fitted + 16]
    return Trained("smollm2", 0, subject, fitting, deciding, cut(prompts[fitted + 16 :], 0, 4, 24))


def cut(prompts: Prompts, seed: int, least: int = 2, most: int | None = None) -> Prompts:
    """Each prompt up to a random place, at most `most` tokens of it."""
    draw = random.Random(seed)
    return [prompt[: draw.randint(least, min(len(prompt), most or len(prompt)))] for prompt in prompts]
