"""A metric never makes a look fail, nor a stored file unreadable."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from forewarn.callbacks import Watch
from forewarn.callbacks.metrics import LONGEST, MOST, MetricReader, number
from forewarn.callbacks.trainer import metrics_of
from forewarn.records import LookTaken
from forewarn.store.snapshots import SnapshotStore


class Odd:
    """Raises whatever is asked of it."""

    def __float__(self):
        raise RuntimeError("not now")

    def __repr__(self):
        raise RuntimeError("not now")


class Loud(dict):
    def items(self):
        raise OSError("the tracker is away")


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (1, 1.0), (0.5, 0.5), (True, 1.0), (Decimal("0.5"), 0.5), (Fraction(1, 4), 0.25),
        (torch.tensor(2.0), 2.0), (torch.tensor([3.0]), 3.0), (torch.tensor([[4]]), 4.0),
        (torch.tensor(1.5, requires_grad=True) * 2, 3.0), (torch.tensor(1.0, dtype=torch.bfloat16), 1.0),
        (np.float32(0.25), 0.25), (np.int64(7), 7.0), (np.array([8.0]), 8.0), (np.bool_(True), 1.0),
    ],
)  # fmt: skip
def test_numbers_are_taken_as_they_are_meant(value, meant):
    assert number(value) == meant


@pytest.mark.parametrize(
    "value",
    [
        None, "0.5", b"1", 1j, 10**400, [1.0], torch.ones(2), torch.tensor(1j), torch.empty(1, device="meta"),
        np.ones(3), np.array("x"), object(), Odd(), len, float,
    ],
)  # fmt: skip
def test_what_is_no_number_is_none(value):
    assert number(value) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), torch.tensor(float("nan"))])
def test_a_number_that_is_not_finite_is_a_number(value):
    assert not math.isfinite(number(value))


def test_nested_metrics_are_named_by_their_path():
    found = MetricReader().numbers({"loss": 1, "train": {"loss": 2, "by": {"layer": 3}}, 5: 6})
    assert found == {"loss": 1.0, "train/loss": 2.0, "train/by/layer": 3.0, "5": 6.0}


@pytest.mark.parametrize("metrics", [[1, 2], "loss", Loud(), Loud(a=1), {"x": Loud(a=1)}])
def test_what_are_no_metrics_ends_nothing(metrics, caplog):
    assert MetricReader().numbers(metrics) == {}
    assert "forewarn keeps numbers only" in caplog.text


def test_none_is_no_metrics_at_all(caplog):
    assert MetricReader().numbers(None) == {} and caplog.text == ""


def test_one_number_alone_is_kept_as_well():
    assert MetricReader().numbers(torch.tensor(3.0)) == {"metrics": 3.0}


def test_what_is_left_out_is_said_once(caplog):
    reader = MetricReader()
    for _ in range(3):
        assert reader.numbers({"loss": 1.0, "best": None, "run": "a"}) == {"loss": 1.0}
    (said,) = [r.getMessage() for r in caplog.records]
    assert "leaves these metrics out: 'best' (NoneType), 'run' (str). " in said
    reader.numbers({"other": None})
    assert len(caplog.records) == 2


def test_names_and_numbers_are_bounded():
    knot = {"loss": 1.0}
    knot["again"] = knot
    found = MetricReader().numbers({"x" * 999: 1, **{str(i): i for i in range(MOST + 5)}, "knot": knot})
    assert len(found) == MOST and max(map(len, found)) == LONGEST
    assert MetricReader().numbers(knot)["loss"] == 1.0


METRICS = {
    "none": None, "nan": float("nan"), "tensor": torch.tensor(1.0, requires_grad=True), "words": "x",
    "half \ud800": 2, "odd": Odd(), "deep": {"er": np.float32(3)}, "inf": float("inf"), "many": torch.ones(3),
}  # fmt: skip


@pytest.mark.parametrize("metrics", [METRICS, None, Loud(a=1), 5])
def test_a_look_is_taken_whatever_the_metrics_and_can_be_read_again(small, told, tmp_path, events, metrics):
    told()
    settings = {"every_n_steps": 1, "calibration": small.calibration("as-told"), "response": "record"}
    with Watch(small.seeded(small.GPT), small.audit_set(), folder=tmp_path, **settings) as watch:
        watch.step(1, metrics)
    assert [look.step for look in events(watch.run, LookTaken)] == [1]
    (stored,) = SnapshotStore(watch.run).list()
    if metrics is METRICS:
        kept = dict(stored.metrics)
        assert math.isnan(kept.pop("nan")) and kept.pop("inf") == float("inf")
        assert kept == {"tensor": 1.0, "half \\ud800": 2.0, "deep/er": 3.0}


def test_what_lightning_logged_is_read_and_left_as_it_was():
    connector = SimpleNamespace(_callback_metrics={"a": torch.tensor(1.0)})

    class Trainer:
        _logger_connector = connector

        @property
        def callback_metrics(self):
            connector._callback_metrics["new"] = torch.tensor([2.0, 3.0])
            return connector._callback_metrics

    assert dict(metrics_of(Trainer())).keys() == {"a", "new"}
    assert list(connector._callback_metrics) == ["a"]


def test_metrics_that_cannot_be_read_are_none(caplog):
    class Trainer:
        @property
        def callback_metrics(self):
            raise RuntimeError("a metric without an update")

    assert metrics_of(Trainer()) == {}
    assert "could not read the run's metrics: a metric without an update" in caplog.text
