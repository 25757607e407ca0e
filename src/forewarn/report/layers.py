"""Lens readings that lie beside a run's ledger, for its report. They are pictures, not evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from markupsafe import Markup

from forewarn.errors import IntegrityError, StoreError
from forewarn.records import Trajectories, Trajectory
from forewarn.report.heatmap import heatmap
from forewarn.report.looks import LookSummary
from forewarn.report.summary import RunSummary
from forewarn.report.words import figure
from forewarn.store import trajectories as store


@final
@dataclass(frozen=True, slots=True)
class Picture:
    """One prompt, forwards and backwards."""

    trajectory: Trajectory
    forwards: Markup
    """The tuned lens, or the logit lens where there is no other."""
    logit: Markup
    """The logit lens, where the tuned one is there too; else empty."""
    backwards: Markup
    """The retrodiction lens; empty where it was not taken."""


@final
@dataclass(frozen=True, slots=True)
class Layers:
    """What the lenses read at one look."""

    look: LookSummary
    pictures: tuple[Picture, ...] = ()
    quality: str = ""
    """How good the lens is, in a sentence."""
    problem: str = ""
    """Why there is no picture although a file lies there."""


def layers_of(run: Path, summary: RunSummary, featured: LookSummary | None) -> tuple[Layers, ...]:
    """Pictures for each look whose snapshot and readings are stored: all of the featured one, else one."""
    return tuple(_layers(run, summary, featured))


def _layers(run: Path, summary: RunSummary, featured: LookSummary | None) -> Iterator[Layers]:
    seen: set[str] = set()
    for look in summary.looks:
        if look.snapshot is None or not look.stored or look.snapshot in seen:
            continue
        seen.add(look.snapshot)
        try:
            found = store.read(run, look.snapshot)
        except IntegrityError as error:
            yield Layers(look, problem=str(error))
        except StoreError:
            continue
        else:
            if found is not None:
                yield drawn(look, found, most=None if look is featured else 1)


def drawn(look: LookSummary, found: Trajectories, most: int | None = None) -> Layers:
    """Draw at most so many prompts, those that a claim is about first."""
    order = sorted(found.trajectories, key=lambda each: not each.claim)[:most]
    name = f"{found.snapshot[:8]}-{look.step}"
    pictures = tuple(picture(found, each, f"{name}-{k}") for k, each in enumerate(order))
    return Layers(look, pictures, quality_words(found))


def picture(found: Trajectories, each: Trajectory, name: str) -> Picture:
    """Draw one prompt; `name` goes into identifiers."""
    tuned, logit, back = (
        heatmap(found, each, lens, f"{name}-{lens}") for lens in ("tuned", "logit", "retrodiction")
    )
    return Picture(each, tuned or logit, logit if tuned else Markup(""), back)


def quality_words(found: Trajectories) -> str:
    """How far the lens's reading is from the model's own output: at the middle site, on held-out tokens."""
    if len(found.sites) < 2:
        return ""
    middle = (len(found.sites) - 1) // 2
    return (
        f"On tokens that it was not fitted on, the tuned lens at site {found.sites[middle]} is "
        f"{figure(found.tuned_kl[middle])} nats from what the model finally says, the logit lens "
        f"{figure(found.identity_kl[middle])}."
    )
