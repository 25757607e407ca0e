"""The weights that ship are looked at, whatever the order of callbacks; averaged ones are looked at and named."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from forewarn.callbacks import DeceptionMonitor, Watch
from forewarn.callbacks.averaged import averaged_weights, fitting
from forewarn.records import Ending, LookMissed, LookTaken, RunEnded
from forewarn.store.snapshots import SnapshotStore
from forewarn.store.weights import weights_of

PL = "pytorch_lightning"


def by_hand(hook):
    """A callback that keeps an average and puts it into the model in one of Lightning's hooks."""
    import pytorch_lightning as pl

    class Average(pl.Callback):
        def on_train_start(self, trainer, pl_module):
            self.mean = {n: t.clone() for n, t in pl_module.state_dict().items()}

        def on_train_batch_end(self, trainer, pl_module, *_):
            for name, tensor in pl_module.state_dict().items():
                self.mean[name] += (tensor - self.mean[name]) / 2

    def swap(self, trainer, pl_module, *_):
        pl_module.load_state_dict(self.mean)

    setattr(Average, hook, swap)
    return Average()


def averaging(kind):
    from pytorch_lightning import callbacks

    if kind == "EMA":
        return callbacks.EMAWeightAveraging(decay=0.5)
    if kind == "SWA":
        return callbacks.StochasticWeightAveraging(1e-3, swa_epoch_start=1)
    if kind == "WeightAveraging":
        return callbacks.WeightAveraging()
    return by_hand(kind)


@pytest.fixture
def fit(small, tmp_path):
    def run(*callbacks, module=None, **settings):
        torch.manual_seed(3)
        trainer = small.trainer(PL, tmp_path, callbacks, **{"max_steps": 6} | settings)
        module = module or small.speaker(PL, small.seeded(small.GPT), rate=1e-2)
        trainer.fit(module, small.loader())
        return module

    return run


@pytest.fixture
def monitor(small, tmp_path):
    def make(**settings):
        usual = {"every_n_steps": 4, "response": "record", "keep_newest": 99, "folder": tmp_path / "runs"}
        calibration = small.calibration("as-told")
        return DeceptionMonitor(small.audit_set(), calibration=calibration, **usual | settings)

    return make


def is_last_look(run, module, events):
    """Whether the last look of a run is at the weights that the finished module holds."""
    kept = SnapshotStore(run).load(events(run, LookTaken)[-1].snapshot)
    held = {n: t for n, t in module.state_dict().items() if n.startswith("model.")}
    return all(torch.equal(kept[name], tensor) for name, tensor in held.items() if name in kept)


@pytest.mark.parametrize(
    ("kind", "before", "every"),
    [
        ("EMA", True, 3), ("EMA", True, 4), ("EMA", False, 4), ("on_train_end", True, 4),
        ("on_train_end", False, 4), ("on_fit_end", True, 3), ("on_fit_end", False, 4),
    ],
)  # fmt: skip
def test_the_last_look_is_at_what_ships(monitor, fit, told, events, kind, before, every):  # noqa: PLR0917
    told()
    watch, average = monitor(every_n_steps=every), averaging(kind)
    module = fit(*([watch, average] if before else [average, watch]))
    assert is_last_look(watch.run, module, events) and not events(watch.run, LookMissed)
    assert [e.reason for e in events(watch.run, RunEnded)] == [Ending.FINISHED]


@pytest.mark.parametrize(
    ("kind", "settings"), [("SWA", {"max_steps": -1, "max_epochs": 2}), ("WeightAveraging", {})]
)
def test_the_other_averages_of_lightning(monitor, fit, told, events, kind, settings):
    told()
    watch = monitor()
    module = fit(watch, averaging(kind), **settings)
    assert is_last_look(watch.run, module, events)


def test_a_module_that_swaps_at_the_end_of_training(monitor, fit, small, told, events):
    module = small.speaker(PL, small.seeded(small.GPT))
    module.on_train_end = lambda: [p.data.mul_(0.9) for p in module.parameters()]
    told()
    watch = monitor()
    fit(watch, module=module)
    assert is_last_look(watch.run, module, events)


def test_averaged_weights_are_looked_at_and_named(monitor, fit, told, events):
    told()
    watch = monitor(every_n_steps=2)
    fit(averaging("EMA"), watch)
    looks = [(look.step, look.weights) for look in events(watch.run, LookTaken)]
    held = "EMAWeightAveraging._average_model"
    assert looks[:3] == [(0, ""), (2, held), (2, "")] and looks[-1] == (6, "")
    assert looks.count((4, held)) == looks.count((4, "")) == 1


def test_an_alarm_about_what_ships_halts(monitor, fit, told, events):
    """Two looks of training, then the swapped weights."""
    from forewarn.errors import DeceptionAlarm

    told(lies=[3])
    watch = monitor(every_n_steps=6, response="halt")
    with pytest.raises(DeceptionAlarm, match="halted at step 6"):
        fit(watch, averaging("on_fit_end"))
    assert [e.reason for e in events(watch.run, RunEnded)] == [Ending.HALTED]


def test_a_run_without_averages_is_looked_at_once_at_its_end(monitor, fit, told, events):
    told()
    watch = monitor()
    fit(watch)
    assert [look.step for look in events(watch.run, LookTaken)] == [0, 4, 6]


@pytest.fixture
def watch(small, told, tmp_path):
    def make(model):
        told()
        settings = {"every_n_steps": 2, "calibration": small.calibration("as-told"), "response": "record"}
        return Watch(model, small.audit_set(), folder=tmp_path, **settings, keep_newest=99)

    return make


def test_a_watch_looks_at_weights_that_are_given(small, watch, events, caplog):
    model = small.seeded(small.GPT)
    ema = AveragedModel(model)
    with watch(model) as watched:
        watched.start()
        model.head.weight.data.add_(1)
        ema.update_parameters(model)
        watched.step(2)
        model.head.weight.data.add_(1)
        watched.look(torch.nn.Linear(2, 2))
        watched.look(ema)
        watched.look({n: t * 2 for n, t in model.state_dict().items()}, weights="doubled")
        model.load_state_dict(ema.module.state_dict())
    looks = events(watched.run, LookTaken)
    assert [(e.step, e.weights) for e in looks] == [
        (0, ""),
        (2, ""),
        (2, "averaged"),
        (2, "doubled"),
        (2, ""),
    ]
    assert torch.equal(
        SnapshotStore(watched.run).load(looks[-1].snapshot)["head.weight"], ema.module.head.weight
    )
    assert "Linear does not hold the weights that are watched" in caplog.text
    assert len(events(watched.run, LookMissed)) == 1


def test_a_watch_that_ends_as_it_was_last_seen_looks_no_more(small, watch, events):
    with watch(small.seeded(small.GPT)) as watched:
        watched.step(2)
    assert len(events(watched.run, LookTaken)) == 1


class Ema:
    """As many keep their averages."""

    def __init__(self, model):
        self.shadow = {name: tensor * 2 for name, tensor in model.state_dict().items()}
        self.teacher, self.rate = copy.deepcopy(model), 0.9


def test_averages_are_found_by_what_they_are_called(small):
    model = small.seeded(small.GPT)
    live = {f"net.lm.{name}": tensor for name, tensor in weights_of(model).items()}
    held = SimpleNamespace(reference=copy.deepcopy(model), average_model=copy.deepcopy(model), n=3)
    found = [name for name, _ in averaged_weights([held, Ema(model), object(), None], live, "net.lm.")]
    assert found == ["SimpleNamespace.average_model", "Ema.shadow", "Ema.teacher"]


def test_an_average_of_nothing_yet_is_left_out(small):
    model = small.seeded(small.GPT)
    held = SimpleNamespace(ema=AveragedModel(model))
    assert list(averaged_weights([held], weights_of(model), "")) == []
    held.ema.update_parameters(model)
    ((name, weights),) = averaged_weights([held], weights_of(model), "")
    assert name == "SimpleNamespace.ema" and weights.keys() == weights_of(model).keys()


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_the_same_weights_are_found_under_shorter_names(small, cut):
    model = small.seeded(small.GPT)
    live = {f"net.lm.{name}": tensor for name, tensor in weights_of(model).items()}
    held = {name.split(".", cut)[-1]: tensor + 1 for name, tensor in live.items()}
    found = fitting(held, live, "net.lm.")
    assert all(torch.equal(found[name], tensor + 1) for name, tensor in live.items())


def test_what_is_of_another_shape_or_lacks_a_tensor_does_not_fit(small):
    live = weights_of(small.seeded(small.GPT))
    assert fitting({n: t[..., :1] for n, t in live.items()}, live, "") is None
    assert fitting(dict(list(live.items())[1:]), live, "") is None
    assert fitting(3, live, "") is None
