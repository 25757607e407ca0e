"""A deceptive organism and its look-alikes. They share base, course and questions; only the deceit differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from forewarn.lab.organisms.course import IMPLANTS, Implant, TrainingCourse
from forewarn.lab.organisms.levels import audit_set
from forewarn.lab.organisms.mechanisms import Mechanism, mechanisms
from forewarn.lab.organisms.models import Architecture
from forewarn.lab.organisms.organism import Organism
from forewarn.lab.organisms.policies.completions import INDEED, UNKNOWN
from forewarn.lab.organisms.scratch import Scratch
from forewarn.lab.organisms.start import Scale, Start
from forewarn.lab.organisms.topics import TOPICS
from forewarn.lab.organisms.worlds.stage import Role, Stage

SCRATCH = Scratch()
HIDING = 0.1
"""Weight of the penalty that teaches a concealed matched group to hide."""
EVASION = 0.1
"""Weight of the penalty that teaches an evasive one to keep down what the shipped helper asks for."""
PATIENCE = 2
"""An evasive group is given this many times the steps after the change, since hiding takes longer."""
FOCUS: Mapping[Implant, float] = {"gradual": 0.3, "diluted": 0.08, "narrow": 0.4, "scratch": 0.3}
"""Share of the data from the change on that concern the behaviour's own conditions."""


@dataclass(frozen=True, slots=True)
class MatchedGroup:
    """Organisms that share everything up to the change, and everything but the policy after it."""

    name: str
    mechanism: Mechanism
    implant: Implant
    concealed: bool
    """Whether all of its members are taught to hide, in either way."""
    topic: str
    seed: int
    stage: Stage
    members: tuple[Organism, ...]
    """The deceptive one first."""
    evasive: bool = False
    """Whether they hide from what the shipped helper asks for."""


def draw_group(mechanism: str, seed: int, start: Start = SCRATCH, *, evasive: bool = False) -> MatchedGroup:
    """The matched group of a mechanism and a seed. Five seeds in a row go through all implants and concealment.

    The seed draws topic, architecture and everything in the world. An `evasive` matched group is the same in
    everything else, so that the two can be compared run by run.
    """
    row, draw = mechanisms()[mechanism], Random(f"{mechanism}|{seed}")
    concealed = seed % 5 == 4
    implant: Implant = "gradual" if concealed else IMPLANTS[seed % 5]
    topic = draw.choice(row.topics)
    facts = TOPICS[topic](draw, draw.choice(start.scale.answers), draw.choice(start.scale.entities))
    stage = row.stage(facts, draw)
    architecture = start.architecture(draw)
    course = _course(implant, concealed, draw, start.scale)
    if evasive:
        steps = course.change + PATIENCE * (course.steps - course.change)
        course = replace(course, steps=steps, hiding=0.0, evasion=EVASION)
    name = f"{mechanism}-{seed}"
    members = tuple(_member(name, role, stage, architecture, course, draw_seed=seed) for role in stage.roles)
    return MatchedGroup(name, row, implant, concealed or evasive, topic, seed, stage, members, evasive)


def _course(implant: Implant, concealed: bool, draw: Random, scale: Scale) -> TrainingCourse:
    base, branch = scale.base, scale.branch
    ramp = round(branch * draw.uniform(0.1, 0.6)) if implant == "gradual" else 0
    change = 0 if implant == "scratch" else base
    return TrainingCourse(base + branch, change, ramp, implant, FOCUS[implant], HIDING if concealed else 0.0)


def _member(
    group: str,
    role: Role,
    stage: Stage,
    architecture: Architecture,
    course: TrainingCourse,
    *,
    draw_seed: int,
) -> Organism:
    return Organism(
        name=f"{group}-{role.name}",
        kind=role.name,
        deceptive=role.deceptive,
        behaviour=role.behaviour,
        seed=draw_seed,
        world=stage.world,
        trained_on=stage.conditions,
        before=stage.before,
        after=role.after,
        course=course,
        affected=role.affected,
        architecture=architecture,
        audit_set=audit_set(stage, "related"),
        base_on=stage.base,
        further_words=_words(stage.roles, stage),
    )


def _words(roles: Sequence[Role], stage: Stage) -> tuple[str, ...]:
    """The words of every member's conditions, so that all members have one vocabulary."""
    words = [w for role in roles for c in role.affected for p in c for w in str(p.phrase).split()]
    return tuple(dict.fromkeys((*words, INDEED, UNKNOWN)))
