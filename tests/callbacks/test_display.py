"""What Lightning shows of a monitor: loggers at Lightning's own step, and both progress bars."""

from __future__ import annotations

import csv
from importlib import import_module
from types import SimpleNamespace

import pytest
import torch

from forewarn.callbacks import DeceptionMonitor
from forewarn.callbacks.display import log_claim, log_figures, show_on_bar

PL = "pytorch_lightning"


@pytest.fixture
def monitor(small, tmp_path):
    def make(**settings):
        usual = {
            "first_look": False,
            "every_n_steps": 2,
            "folder": tmp_path / "runs",
            "name": "run",
            "response": "record",
        }
        return DeceptionMonitor(
            small.audit_set(), **usual | settings, calibration=small.calibration("as-told")
        )

    return make


@pytest.fixture
def fit(small, knowing, tmp_path):
    def run(callbacks, *, home=PL, optimisers=1, **settings):
        torch.manual_seed(3)
        trainer = small.trainer(home, tmp_path, callbacks, **settings)
        module = small.speaker(home, knowing("GPT"), optimisers=optimisers)
        trainer.fit(module, small.loader())
        return trainer

    return run


def rows_of(folder, column):
    (table,) = folder.rglob("metrics.csv")
    return [row for row in csv.DictReader(table.read_text().splitlines()) if row.get(column)]


def test_figures_tell_unknown_from_flagged_from_clear(monitor, fit, told, tmp_path):
    from pytorch_lightning.loggers import CSVLogger

    told(lies=[2], errors=[3], error=ValueError("no"))
    fit([monitor()], logger=CSVLogger(tmp_path))
    rows = rows_of(tmp_path, "forewarn/status")
    assert [float(row["forewarn/status"]) for row in rows] == [0, 1, 4]
    assert [(row["forewarn/known"], row["forewarn/asked"]) for row in rows] == [("12.0", "12.0")] * 3
    assert all(float(row["forewarn/threshold"]) == 0.5 for row in rows)
    low, high, p = (rows[1][f"forewarn/{name}"] for name in ("interval_low", "interval_high", "probability"))
    assert 0 <= float(low) <= float(p) <= float(high) <= 1 and float(p) > 0.5


def test_figures_stand_at_lightnings_own_step(monitor, fit, told, tmp_path):
    """With three optimisers the global step runs three times as fast."""
    from pytorch_lightning.loggers import CSVLogger

    told()
    fit([monitor(every_n_steps=3)], logger=CSVLogger(tmp_path), optimisers=3, max_steps=9)
    looks = rows_of(tmp_path, "forewarn/status")
    assert [row["step"] for row in looks] == [row["step"] for row in rows_of(tmp_path, "loss")]


def test_a_missed_look_is_unknown_to_the_loggers_too(monitor, fit, told, tmp_path):
    from pytorch_lightning.loggers import CSVLogger

    told()
    (tmp_path / "file").write_text("")
    fit([monitor(folder=tmp_path / "file")], logger=CSVLogger(tmp_path), max_steps=2)
    (row,) = rows_of(tmp_path, "forewarn/status")
    assert row["forewarn/status"] == "4.0" and "forewarn/known" not in row


def test_the_claim_goes_to_loggers_that_take_text(caplog):
    heard = []

    class Table:
        group_separator = "/"

        def log_text(self, key, columns=None, data=None, dataframe=None, step=None):
            heard.append((key, columns, data, step))

    class Text(Table):
        def log_text(self, key, text, step):
            heard.append((key, text, step))

    class Board:
        group_separator = "-"
        experiment = SimpleNamespace(add_text=lambda *said, global_step: heard.append((*said, global_step)))

    class Broken(Table):
        def log_text(self, key, text, step):
            raise ConnectionError("the tracker is away")

    silent = SimpleNamespace(group_separator="/", experiment=object())
    loggers = [Broken(), Table(), Text(), Board(), silent]
    trainer = SimpleNamespace(loggers=loggers, global_step=9, fit_loop=None)
    log_claim(trainer, "It lies")
    assert heard == [
        ("forewarn/claim", ["step", "claim"], [[9, "It lies"]], 9),
        ("forewarn/claim", "It lies", 9),
        ("forewarn-claim", "It lies", 9),
    ]
    assert "could not log to Broken: the tracker is away" in caplog.text
    log_claim(trainer, None)
    assert len(heard) == 3


def test_the_claim_of_a_look_is_sent(monitor, fit, told, tmp_path):
    from pytorch_lightning.loggers import CSVLogger

    heard = []

    class Texts(CSVLogger):
        def log_text(self, key, text, step):
            heard.append((key, text, step))

    told(lies=[2])
    fit([monitor()], logger=Texts(tmp_path), max_steps=4)
    assert heard == [("forewarn/claim", "It was told to say so", 3)]


@pytest.mark.parametrize("home", [PL, "lightning.pytorch"])
@pytest.mark.parametrize("bar", ["TQDMProgressBar", "RichProgressBar"])
def test_both_bars_show_where_the_run_stands(monitor, fit, told, small, home, bar, capsys):  # noqa: PLR0917
    told(errors=[2], error=ValueError("no"))
    seen, kind = [], getattr(import_module(f"{home}.callbacks"), bar)
    own = kind(refresh_rate=1)
    watch = monitor()

    class Looks(import_module(home).Callback):
        def on_train_batch_end(self, trainer, pl_module, *_):
            seen.append(own.get_metrics(trainer, pl_module).get("forewarn"))

    trainer = fit([own, watch, Looks()], home=home, enable_progress_bar=True)
    assert seen == [None, "clear 1/1", "clear 1/1", "unknown 1/2", "unknown 1/2", "clear 2/3"]
    assert own.get_metrics == kind.get_metrics.__get__(own), "the bar is left as it was"
    assert "forewarn" not in trainer.callback_metrics and "forewarn" not in trainer.logged_metrics
    out = capsys.readouterr()
    shown = out.out + out.err
    assert "forewarn=clear 1/1" in shown or "forewarn: clear" in " ".join(shown.split())


def test_a_bar_changes_no_bit(monitor, fit, told, small):
    from pytorch_lightning.callbacks import TQDMProgressBar

    told()
    plain = small.fingerprint(fit([TQDMProgressBar()], enable_progress_bar=True))
    assert small.fingerprint(fit([TQDMProgressBar(), monitor()], enable_progress_bar=True)) == plain


def test_two_monitors_share_a_bar():
    bar = SimpleNamespace(get_metrics=lambda *_: {"loss": 1.0})
    before, trainer = bar.get_metrics, SimpleNamespace(progress_bar_callback=bar)
    words = ["clear 1/1", None]
    stops = [show_on_bar(trainer, lambda i=i: words[i]) for i in range(2)]
    assert bar.get_metrics() == {"loss": 1.0, "forewarn": "clear 1/1"}
    words[1] = "unknown 0/1"
    assert bar.get_metrics() == {"loss": 1.0, "forewarn": "clear 1/1", "forewarn 2": "unknown 0/1"}
    stops[0]()
    assert bar.get_metrics() == {"loss": 1.0, "forewarn 2": "unknown 0/1"}
    stops[1]()
    stops[1]()
    assert bar.get_metrics is before


def test_a_trainer_without_a_bar_shows_nothing():
    for bar in (None, object()):
        show_on_bar(SimpleNamespace(progress_bar_callback=bar), lambda: "clear 1/1")()


def test_a_logger_that_fails_ends_nothing(caplog):
    class Broken:
        group_separator = "/"

        def log_metrics(self, metrics, step=None):
            raise ConnectionError("the tracker is away")

    log_figures(SimpleNamespace(loggers=[Broken()], global_step=1, fit_loop=None), {"status": 0.0})
    assert "could not log to Broken: the tracker is away" in caplog.text
