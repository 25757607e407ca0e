"""Lens readings that lie beside a run's ledger, for its report. They are pictures, not evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from markupsafe import Markup

from forewarn.errors import IntegrityError, StoreError
from forewarn.records import Trajectories, Trajectory
from forewarn.report.heatmap import heatmap
from forewarn.report.looks import LookSummary
from forewarn.report.sentences import stream_place
from forewarn.report.stretches import in_full
from forewarn.report.summary import RunSummary
from forewarn.report.words import figure, percent
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
    lead: str
    """Up to where the truth leads, in a sentence; empty where the prompt has no known answers."""


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
    full = in_full(summary.looks, featured)
    for look in (summary.looks[k] for k in sorted(full)):
        if look.snapshot is None or not look.stored or look.snapshot in seen:
            continue
        seen.add(look.snapshot)
        try:
            found = store.read(run, look.snapshot, summary.kept)
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
    lead = lead_words(each, found.sites)
    return Picture(each, tuned or logit, logit if tuned else Markup(""), back, lead)


def lead_words(each: Trajectory, sites: Sequence[str]) -> str:
    """Say up to where the truth leads over the false answers at the prompt's last token, and from where it loses.

    Empty where the prompt has no known answers.
    """
    if not each.truth or not each.falsehood:
        return ""
    places = [stream_place(site) for site in sites]
    told = [f"{place} ({percent(share)})" for place, share in zip(places, each.truth, strict=True)]
    leads = [true > false for true, false in zip(each.truth, each.falsehood, strict=True)]
    if not any(leads):
        return "The true answer leads nowhere on the way to the output."
    last = max(index for index, ahead in enumerate(leads) if ahead)
    if last == len(leads) - 1:
        return f"The true answer leads at the output, at {told[last]}."
    return f"The true answer leads up to {told[last]} and has lost to the false ones at {told[last + 1]}."


def quality_words(found: Trajectories) -> str:
    """How far the lens's reading is from the model's own output: at the middle place, on held-out tokens."""
    if len(found.sites) < 2:
        return ""
    middle = (len(found.sites) - 1) // 2
    return (
        f"On tokens that it was not fitted on, the tuned lens at {stream_place(found.sites[middle])} is "
        f"{figure(found.tuned_kl[middle])} nats from what the model finally says, the logit lens "
        f"{figure(found.identity_kl[middle])}."
    )
