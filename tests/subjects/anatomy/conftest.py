from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

from forewarn.subjects.anatomy.block import Block
from forewarn.subjects.anatomy.harness import BlockHarness
from forewarn.subjects.anatomy.maps import find_maps
from forewarn.subjects.layout import Addend, Joint
from forewarn.subjects.tracing import Call

_NAME = "forewarn_test_anatomy_models"


@pytest.fixture(scope="session")
def models():
    """The module `models.py`."""
    if _NAME not in sys.modules:
        spec = importlib.util.spec_from_file_location(_NAME, Path(__file__).with_name("models.py"))
        sys.modules[_NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[_NAME])
    return sys.modules[_NAME]


@pytest.fixture(scope="session")
def on_bench():
    """A module on the harness: 4 prompts of 5 positions of random stream."""

    def put(module, width=16):
        x = torch.randn(4, 5, width, generator=torch.Generator().manual_seed(3))
        gave = module(x)
        return BlockHarness(Call("", module, (x,), {}, x, x.clone(), gave.clone(), 0, 1), 4)

    return put


@pytest.fixture
def block_of(models, on_bench):
    """A sequential block of `models` as its layout tells it, without gradients."""

    def opened(multiplier=1.0, **choices):
        module = models.build(block={**choices, "multiplier": multiplier}).blocks[0]
        harness = on_bench(module)
        mlp = "mlp" if choices.get("mlp") == "experts" else "mlp.last"
        joint = Joint(Addend("attn.out", multiplier), Addend(mlp, multiplier), True)
        return Block(1, harness, find_maps(harness, {"attn", "mlp"}), joint, "attn", "mlp")

    with torch.no_grad():
        yield opened
