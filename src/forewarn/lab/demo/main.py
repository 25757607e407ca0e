"""`forewarn demo`: train, watch, and compare with the answer key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forewarn.audit.claim import claim_folder
from forewarn.lab.demo.cast import cast
from forewarn.lab.demo.outcome import DemoRun
from forewarn.lab.demo.workers import train_all
from forewarn.lab.organisms.behaviour import onset
from forewarn.lab.organisms.organism import Organism
from forewarn.records import Response
from forewarn.report.overview import OverviewRow
from forewarn.report.page import render


def run_demo(*, out: Path, fast: bool, seed: int) -> Iterator[OverviewRow]:
    """Train the liar and its look-alikes under watch, render their reports, and give a row for each run."""
    organisms = list(cast(seed, fast=fast))
    folder = claim_folder(out, "runs")
    for organism, found in zip(organisms, train_all(organisms, folder), strict=True):
        render(found.run)
        yield _row(organism, found)


def _row(organism: Organism, found: DemoRun) -> OverviewRow:
    return OverviewRow(
        name=organism.name,
        deceptive=organism.deceptive,
        behaviour=organism.behaviour,
        onset_step=onset(found.history) if organism.deceptive else None,
        alarm_step=found.alarm_step,
        last_step=found.last_step,
        response=None if found.alarm_step is None else Response.HALT.value,
        run=found.run,
    )
