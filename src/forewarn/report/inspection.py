"""A page about one snapshot that a person looked into, and the words that go with its figures."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from forewarn.records import Inspected, Link, Neuron, Virtual
from forewarn.report.layers import picture, quality_words
from forewarn.report.templating import fill
from forewarn.report.words import count, figure
from forewarn.store.files import write_atomically


def write(found: Inspected, path: Path, name: str) -> Path:
    """Write the page, whole or not at all; return its path. StoreError where the system refuses."""
    write_atomically(path, page(found, name))
    return path


def page(found: Inspected, name: str) -> Markup:
    """A self-contained page; `name` is the run's."""
    traced = found.trajectories
    order = () if traced is None else sorted(traced.trajectories, key=lambda each: not each.claim)
    return fill(
        "inspection.html",
        found=found,
        name=name,
        pictures=[picture(traced, each, f"prompt-{k}") for k, each in enumerate(order)] if traced else [],
        quality=quality_words(traced) if traced else "",
        link_name=link_name,
        link_words=link_words,
        virtual_words=virtual_words,
        widest=_widest,
    )


def link_name(link: Link, *, inward: bool = False) -> str:
    """Name the other end: "neuron 3.17", "neuron 3.17 (up)"; inwards "head 2.1", "head 2.1, to its up part"."""
    name = f"{link.kind} {link.place}"
    if link.part == "gate":
        return name
    return f"{name}, to its up part" if inward else f"{name} (up)"


def link_words(found: Neuron) -> tuple[str, ...]:
    """Say what the figures of a neuron's links mean."""
    if not (found.into or found.heads or found.out):
        return ()
    return (
        f"{_effects(found.through)} Both: change of what the reader computes before its non-linearity, per unit "
        "of what is written. Strength: the size of the total figure per standard deviation of the writer's "
        "activation; for a head, of a value vector of length 1.",
    )


def virtual_words(found: Virtual) -> tuple[str, ...]:
    """Say what was followed, and how far the figures hold over contexts."""
    neuron = f"neuron {found.place.unit}"
    title = (
        f"Neurons of block {found.block} that read {neuron}, strongest first"
        if found.forward
        else f"Neurons of block {found.block} that write into {neuron}, strongest first"
    )
    if found.through == "identity":
        return title, _effects("identity"), f"Over {count(found.contexts, 'context')} {_scale(found)}."
    agreement = (
        f"Over all {count(found.considered, 'link')} the direct and the total figures have a rank correlation of "
        f"{figure(found.agreement)}."
        if found.agreement is not None
        else "Direct and total figures have no rank correlation to speak of: one of them is constant."
    )
    known = (
        f"the {found.through} transport varies by {figure(100 * found.map_spread)} % of its size"
        if found.map_spread is not None
        else f"how much the {found.through} transport varies is not known"
    )
    return title, agreement, f"Over {count(found.contexts, 'context')} {known}, and {_scale(found)}."


def _effects(through: str) -> str:
    """Say what the two columns are; with the identity both hold direct figures."""
    direct = "Direct: through the stream alone, the identity."
    if through == "identity":
        return f"{direct} No transport was asked for, so what stands under total is direct as well."
    return f"{direct} Total: all in between left free, by the {through} transport."


def _scale(found: Virtual) -> str:
    return f"the reader's 1/sigma varies by {figure(100 * found.scale_spread)} %"


def _widest(found: Virtual) -> float:
    """The largest figure, by which bars are scaled; never 0."""
    return max((max(abs(link.direct), abs(link.total)) for link in found.links), default=0.0) or 1.0
