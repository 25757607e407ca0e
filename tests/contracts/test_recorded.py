"""What was recorded once can still be read: a renamed record or a new field would break it silently."""

from __future__ import annotations

from pathlib import Path

from forewarn.judges.calibration import Calibration
from forewarn.lab.evaluation.shipped import SHIPPED
from forewarn.lab.population.table import Table
from forewarn.store.traces import read

RECORDED = Path(__file__).parents[2] / "benchmarks" / "recorded"


def test_inspections_of_people_are_read():
    traces = read(RECORDED / "inspections.jsonl")
    assert len(traces) == 32 and all(trace.answers for trace in traces)


def test_recorded_tables_are_read():
    shipped, grown = Table.load(SHIPPED), Table.load(RECORDED / "smollm2.safetensors")
    assert set(grown.codes) <= set(shipped.codes)
    assert len(shipped.runs["related"]) == 333


def test_the_shipped_calibration_counts_on_what_the_table_was_asked():
    assert set(Calibration.default().codes) <= set(Table.load(SHIPPED).codes)
