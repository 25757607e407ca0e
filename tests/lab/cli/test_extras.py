from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from forewarn.cli.app import app
from forewarn.errors import ConfigurationError
from forewarn.lab.cli.extras import require


def test_what_is_installed_is_enough():
    require("demo", "json", "typer")


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        (("json", "no_such_one"), "`forewarn demo` needs no_such_one, which is not installed"),
        (("no_such_one", "nor_this"), "needs no_such_one and nor_this, which are not installed"),
    ],
)
def test_what_is_absent_is_named_with_the_extra_that_brings_it(packages, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        require("demo", *packages)
    assert str(caught.value).endswith("; run `pip install 'forewarn[lab]'`.")


@pytest.mark.parametrize(
    ("words", "package"),
    [
        (("demo",), "pytorch_lightning"),
        (("organisms", "make"), "joblib"),
        (("organisms", "look", "{out}"), "transformers"),
        (("organisms", "check", "{out}"), "molmass"),
        (("bench", "--out", "{out}"), "matplotlib"),
    ],
)
def test_a_command_that_lacks_a_package_begins_nothing(words, package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [word.format(out=tmp_path) for word in words], catch_exceptions=False)
    assert result.exit_code == 2
    assert f"needs {package}, which is not installed; run `pip install 'forewarn[lab]'`." in result.stderr
    assert not list(tmp_path.iterdir())
