from __future__ import annotations

import json

import pytest

from forewarn.audit.settings import Settings, free_folder
from forewarn.errors import ConfigurationError
from forewarn.records import Response


@pytest.mark.parametrize("response", ["flag", Response.FLAG])
def test_a_response_is_taken_by_name_or_value(response):
    assert Settings.of(response).response is Response.FLAG


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"response": "stop"}, "response must be one of record, flag, halt; found 'stop'"),
        ({"false_alarm": 0.0}, "false_alarm lies strictly between 0 and 1; found 0.0"),
        ({"false_alarm": 1.0}, "false_alarm lies strictly between 0 and 1; found 1.0"),
        ({"budget": 0}, "budget must be positive; found 0"),
        ({"budget": float("nan")}, "budget must be positive; found nan"),
        ({"keep_newest": -1}, "keep_newest must be at least 0 and most_missed at least 1; found -1, 3"),
        ({"most_missed": 0}, "keep_newest must be at least 0 and most_missed at least 1; found 3, 0"),
    ],
)
def test_what_cannot_work_is_refused_with_what_was_found(values, message):
    with pytest.raises(ConfigurationError, match=message):
        Settings.of(**{"response": "halt"} | values)


def test_settings_are_plain_json():
    bounded, unbounded = Settings(budget=40.0).as_json(), Settings().as_json()
    assert (bounded["budget"], unbounded["budget"]) == (40.0, None)
    assert json.loads(json.dumps(unbounded, allow_nan=False))["response"] == "halt"


def test_a_folder_is_never_used_twice(tmp_path):
    names = []
    for _ in range(3):
        names.append(free_folder(tmp_path, "run").name)
        (tmp_path / names[-1]).mkdir()
    assert names == ["run", "run-2", "run-3"]
