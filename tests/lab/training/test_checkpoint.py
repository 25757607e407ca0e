from __future__ import annotations

import json

import pytest
import torch

from forewarn.errors import ConfigurationError, IntegrityError
from forewarn.helpers.policy import Allowance
from forewarn.lab.game.run_batch import RunBatch
from forewarn.lab.training.checkpoint import CHECKS, STATE, CheckpointedTraining
from forewarn.lab.training.settings import TrainingSettings

torch.set_num_threads(1)


def settings(**changes):
    return TrainingSettings(Allowance(2.0, 4.0), updates=4, rounds=3, width=8, **changes)


@pytest.fixture(scope="module")
def batches(dataset):
    return RunBatch.of(dataset.learned(0), dataset.codes), RunBatch.of(dataset.test, dataset.codes)


@pytest.fixture
def take(batches):
    """Learns in a folder, up to so many checks; gives the term and its checks."""

    def learn(folder, own, most=1000):
        term, found = CheckpointedTraining(folder, own.as_json(), own.course), []
        for check in term.learn(batches[0], None, batches[1]):
            found.append(check)
            if len(found) == most:
                break
        return term, found

    return learn


@pytest.mark.parametrize("own", [settings(), settings(reward="debate", depth=2)], ids=lambda w: w.reward)
def test_a_training_that_was_cut_off_ends_in_the_same_bits(take, tmp_path, own):
    whole, checks = take(tmp_path / "whole", own)
    assert len(checks) == own.checks
    take(tmp_path / "cut", own, most=own.checks - 1)
    assert CheckpointedTraining(tmp_path / "cut", own.as_json(), own.course).begun == 2
    again, others = take(tmp_path / "cut", own)
    assert others == checks
    one, two = whole.result.network.state_dict(), again.result.network.state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert whole.result.judge == again.result.judge
    for name in (STATE, CHECKS):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes()


def test_each_check_is_logged_with_both_errors(take, tmp_path):
    _, checks = take(tmp_path, settings())
    lines = [json.loads(line) for line in (tmp_path / CHECKS).read_text().splitlines()]
    assert [line["update"] for line in lines] == [check.update for check in checks]
    assert {"false_alarms", "misses", "passes"} == set(lines[0]["held_out"])
    assert draw(checks, tmp_path / "checks.svg") and b"<svg" in (tmp_path / "checks.svg").read_bytes()


def test_a_folder_that_was_begun_with_other_settings_is_refused(take, tmp_path):
    take(tmp_path, settings())
    with pytest.raises(ConfigurationError, match="seed 0 and not 1"):
        take(tmp_path, settings(seed=1))


def test_a_damaged_state_is_refused(take, tmp_path):
    (tmp_path / STATE).write_bytes(b"nothing of the kind")
    with pytest.raises(IntegrityError, match="no state of a training"):
        take(tmp_path, settings())


@pytest.mark.parametrize("changes", [{"reward": "praise"}, {"depth": 0}, {"seed": -1}])
def test_a_wish_that_cannot_be_is_refused(changes):
    with pytest.raises(ConfigurationError):
        settings(**changes)
