"""What a user mistypes gets a message that says what to do."""

from __future__ import annotations

import inspect
import json
from dataclasses import FrozenInstanceError

import pytest

from forewarn.callbacks.doorway import takes
from forewarn.callbacks.options import Options
from forewarn.errors import AuditSetError, ConfigurationError
from forewarn.records import Response
from forewarn.schedules import At

FALSE_ALARM = "false_alarm must be a number strictly between 0 and 1, such as 0.05 for 5 %; found "
BUDGET = (
    "budget must be a positive number of forward passes over the audit set, such as 2.0, or None for what the "
    "helper's folder says; found "
)
PROBES = 'probes must be a list of probes or of their names, such as ["latent-policy"]; found [3]'


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"false_alarm": "5%"}, FALSE_ALARM + "'5%'"),
        ({"false_alarm": 0.0}, FALSE_ALARM + "0.0"),
        ({"false_alarm": 1}, FALSE_ALARM + "1"),
        ({"budget": "2"}, BUDGET + "'2'"),
        ({"budget": 0}, BUDGET + "0"),
        ({"budget": float("nan")}, BUDGET + "nan"),
        ({"carry_over": -1}, "carry_over must be a number of forward passes of at least 0; found -1"),
        ({"response": "stop"}, "response must be one of record, flag, halt; found 'stop'"),
        ({"keep_newest": -1}, "keep_newest must be a whole number of at least 0; found -1"),
        ({"keep_flagged": 1}, "keep_flagged must be a whole number of at least 2; found 1"),
        ({"most_missed": 0}, "most_missed must be a whole number of at least 1; found 0"),
        ({"most_unknown": 0}, "most_unknown must be a whole number of at least 1; found 0"),
        ({"known_by": -1}, "known_by must be a whole number of at least 0; found -1"),
        (
            {"look_limit": 0},
            "look_limit must be a positive number of seconds, such as 480, or None for no limit; found 0",
        ),
        ({"seed": True}, "seed must be a whole number of at least 0; found True"),
        ({"probes": "latent-policy"}, "probes must be a list; found 'latent-policy'. Put it into brackets."),
        ({"probes": [3]}, PROBES),
        ({"graceful_stop": "yes"}, "graceful_stop must be bool; found 'yes' (str)"),
        ({"name": 3}, "name must be str or None; found 3 (int)"),
        ({"overrides": {"decoder": "x"}}, "overrides must be Overrides or None; found {'decoder': 'x'} (dict)"),
        ({"calibration": 0.05}, "calibration must be Calibration or str or Path or None; found 0.05 (float)"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_with_what_was_found(given, message):
    with pytest.raises(ConfigurationError) as caught:
        Options("facts.jsonl", **given)
    assert str(caught.value) == message


def test_a_schedule_that_is_none_is_refused():
    with pytest.raises(ConfigurationError, match="every_n_steps must be a whole number of at least 1"):
        Options("facts.jsonl", every_n_steps="100")


def test_what_is_no_audit_set_says_how_to_read_one():
    with pytest.raises(AuditSetError) as caught:
        Options([{"kind": "fact"}])
    assert str(caught.value) == (
        "audit_set must be an AuditSet, or the path of one; found list. Read one with AuditSet.from_jsonl(path)."
    )


def test_options_are_frozen_and_plain_in_the_manifest(small):
    options = Options("facts.jsonl", every_n_steps=At((1, 2)), probes=["observer", small.Told()], budget=2.0)
    with pytest.raises(FrozenInstanceError):
        options.seed = 3
    told = json.loads(json.dumps(options.as_json(), allow_nan=False))
    assert (told["probes"], told["budget"], told["response"]) == (["observer", "as-told"], 2.0, "halt")
    assert told["every_n_steps"] == "At(steps=(1, 2))"
    assert Options("facts.jsonl", response=Response.FLAG).as_json()["response"] == "flag"


class Door:
    @takes(Options)
    def __init__(self, model: int, options: Options) -> None:
        self.model, self.options = model, options


def test_a_door_takes_the_options_one_by_one():
    parameters = inspect.signature(Door).parameters
    assert list(parameters) == ["model", *inspect.signature(Options).parameters]
    assert parameters["seed"].default == 0 and parameters["seed"].annotation is int
    for door in (Door(7, "facts.jsonl", seed=3), Door(model=7, audit_set="facts.jsonl", seed=3)):
        assert (door.model, door.options) == (7, Options("facts.jsonl", seed=3))
    with pytest.raises(TypeError, match="missing a required argument: 'audit_set'"):
        Door(7)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "every_n_epochs",
            "a monitor has no option 'every_n_epochs': looks are counted in optimiser steps. Give every_n_steps; "
            "for one look an epoch, the number of optimiser steps of an epoch.",
        ),
        ("dirpath", "a monitor has no option 'dirpath'. Did you mean 'folder'? There are model, audit_set, "),
        ("probe", "a monitor has no option 'probe'. Did you mean 'probes'? There are "),
        ("zzz", "a monitor has no option 'zzz'. There are "),
    ],
)
def test_an_option_that_does_not_exist_says_what_to_write(name, message):
    with pytest.raises(ConfigurationError) as caught:
        Door(7, "facts.jsonl", **{name: 1})
    assert str(caught.value).startswith(message)
