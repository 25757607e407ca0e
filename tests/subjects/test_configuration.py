"""Configurations as people write them."""

from __future__ import annotations

import argparse
from types import SimpleNamespace

import pytest

from forewarn.subjects.configuration import entry, text_config
from forewarn.subjects.opening import Opener


class Loose(dict):
    """Missing attributes are None."""

    __getattr__ = dict.get


class Nested(dict):
    """Missing attributes are made, as some configuration libraries do."""

    def __getattr__(self, name):
        return self.setdefault(name, Nested())


class Strict:
    """Unknown attributes raise something of the library's own."""

    block = 16

    def __getattr__(self, name):
        raise RuntimeError(f"unknown setting {name}")


class Refuses(SimpleNamespace):
    def get_text_config(self):
        raise ValueError("no text")


CONFIGS = {
    "dict": {"block": 16},
    "loose": Loose(block=16),
    "nested": Nested(block=16),
    "strict": Strict(),
    "refuses": Refuses(block=16),
    "namespace": SimpleNamespace(block=16),
    "arguments": argparse.Namespace(block=16),
    "none": None,
    "text": "gpt",
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_any_configuration_can_be_asked(config, own, prompts):
    assert entry(config, "max_position_embeddings") in (None, {})
    assert text_config(config) is config
    model = own.seeded(own.GPT)
    model.config = config
    assert Opener(model, prompts).layout.max_length == 32


@pytest.mark.parametrize(
    "config",
    [
        {"max_position_embeddings": 9},
        Loose(max_position_embeddings=9),
        SimpleNamespace(max_position_embeddings=9),
    ],
)
def test_a_length_that_is_stated_is_found(config, own, prompts):
    model = own.seeded(own.GPT)
    model.config = config
    assert Opener(model, prompts).layout.max_length == 9


def test_a_configuration_that_raises_when_it_is_read(own, prompts):
    class Raises(own.GPT):
        @property
        def config(self):
            raise RuntimeError("not yet")

    assert Opener(own.seeded(Raises), prompts).layout.max_length == 32


def test_the_part_about_text_is_asked():
    inner = SimpleNamespace(max_position_embeddings=4)
    assert text_config(SimpleNamespace(get_text_config=lambda: inner)) is inner
