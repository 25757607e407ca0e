from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from forewarn.errors import IntegrityError, StoreError
from forewarn.helpers import Exhaustive, FixedOrder, Inquiry, Random, Situation
from forewarn.helpers.learned import Learned
from forewarn.helpers.network import Network, Sizes
from forewarn.helpers.sheet import Errors, Net, Order, Origin, Rate, Sheet, identity, policy_of
from forewarn.helpers.stored import HELPER, WEIGHTS, load, save, shipped
from forewarn.records import Site

ORIGIN = Origin("forewarn helper train", 3, "t" * 64, "related", (200, 201), 40, 0, "0.1.0")
ERRORS = Errors("20 runs", 0.05, Rate(1, 12, 0.0, 0.4), Rate(0, 0, None, None), 1.5)
OPEN = tuple(Inquiry(code, Site(1, 0.5), 1.0) for code in ("a-stranger", "knowledge-gap", "latent-policy"))


@pytest.fixture
def network():
    made = Network(Sizes(("knowledge-gap", "latent-policy"), width=8), seed=4)
    torch.nn.init.constant_(made.stop.bias, -100.0)
    return made


@pytest.fixture
def folder(tmp_path, network):
    sheet = Sheet("mine", policy_of(Learned(network)), 2.0, 24.0, ORIGIN, (ERRORS,))
    save(tmp_path / "helper", sheet, network)
    return tmp_path / "helper"


@pytest.fixture
def altered(folder):
    """Changes helper.json as somebody would who takes care of its sums, or does not."""

    def change(**fields):
        plain = json.loads((folder / HELPER).read_text())
        plain["helper"].update(fields)
        (folder / HELPER).write_text(json.dumps(plain))

    return change


def test_what_is_read_is_what_was_written(folder, network):
    found = load(folder)
    assert (found.name, found.sheet.budget, found.sheet.carry_over) == ("mine", 2.0, 24.0)
    assert found.sheet.origin == ORIGIN and found.sheet.errors == (ERRORS,)
    weights = found.policy.network.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in network.state_dict().items())
    assert found.calibration is None
    assert identity(found, 2.0, 24.0) == found.sheet.digest == identity(Learned(network, "other"), 2.0, 24.0)


def test_the_same_helper_gives_the_same_bytes(folder, tmp_path, network):
    save(tmp_path / "again", load(folder).sheet, network)
    for name in (HELPER, WEIGHTS):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_an_order_needs_no_weights(tmp_path):
    sheet = Sheet("order", Order(("latent-policy", "withheld-answer"), True), float("inf"), 0.0, ORIGIN, ())
    save(tmp_path, sheet)
    found = load(tmp_path)
    assert found.policy == FixedOrder(("latent-policy", "withheld-answer"), "order", True)
    assert found.sheet == sheet and not (tmp_path / WEIGHTS).exists()


def test_a_probe_that_it_never_met_is_not_asked(folder):
    asked = load(folder).next(Situation(OPEN, (), 9.0))
    assert asked is not None and asked.code != "a-stranger"
    assert load(folder).next(Situation(OPEN[:1], (), 9.0)) is None


@pytest.mark.parametrize("field", [{"budget": 3.0}, {"name": "better"}, {"errors": []}])
def test_a_changed_sheet_is_refused(folder, altered, field):
    altered(**field)
    with pytest.raises(IntegrityError, match="changed after it was written"):
        load(folder)


def test_other_weights_are_refused(folder):
    other = Network(Sizes(("knowledge-gap", "latent-policy"), width=8), seed=5)
    save_file(other.state_dict(), folder / WEIGHTS)
    with pytest.raises(IntegrityError, match=r"helper\.json says"):
        load(folder)


@pytest.mark.parametrize(
    ("width", "value", "words"), [(4, 0.0, "not of the sizes"), (8, float("nan"), "not finite")]
)
def test_weights_that_do_not_fit_are_refused(tmp_path, width, value, words):
    made = Network(Sizes(("knowledge-gap", "latent-policy"), width=width), seed=4)
    made.value.bias.data += value
    policy = policy_of(Learned(made))
    save(tmp_path, Sheet("odd", replace(policy, width=8), 2.0, 0.0, ORIGIN, ()), made)
    with pytest.raises(StoreError, match=words):
        load(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 9}', "{" * 5000])
def test_what_is_no_sheet_is_refused(tmp_path, content):
    (tmp_path / HELPER).write_text(content)
    with pytest.raises(StoreError, match=r"helper\.json"):
        load(tmp_path)


def test_a_folder_without_a_helper_says_what_makes_one(tmp_path):
    with pytest.raises(StoreError, match="forewarn helper train"):
        load(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"budget": 0.0},
        {"budget": float("nan")},
        {"carry_over": -1.0},
        {"name": " "},
        {"policy": Order((), False)},
        {"policy": Order(("latent-policy", "latent-policy"), False)},
        {"policy": Order(("../x",), False)},
        {"policy": Net(("latent-policy",), 10_000, 2, "0" * 64)},
        {"policy": Net(("latent-policy",), 9, 2, "0" * 64)},
        {"policy": Net(("latent-policy",), 8, 2, "no digest")},
    ],
)
def test_a_sheet_that_cannot_be_is_refused(changes):
    sheet = Sheet("order", Order(("latent-policy",), True), 2.0, 0.0, ORIGIN, ())
    with pytest.raises(StoreError):
        replace(sheet, **changes)


def test_a_digest_is_of_what_is_asked_and_of_nothing_else():
    first = identity(FixedOrder(("latent-policy",)), 2.0, 0.0)
    assert identity(FixedOrder(("latent-policy",), "by another name"), 2.0, 0.0) == first
    others = [
        identity(FixedOrder(("latent-policy",), waits=True), 2.0, 0.0),
        identity(FixedOrder(("latent-policy",)), 2.0, 1.0),
        identity(FixedOrder(("latent-policy",)), 3.0, 0.0),
        identity(Exhaustive(), 2.0, 0.0),
        identity(Random(1), 2.0, 0.0),
        identity(Random(2), 2.0, 0.0),
    ]
    assert len({first, *others}) == 7


def test_a_helper_of_one_s_own_making_has_none():
    class Mine:
        name = "mine"

        def next(self, situation):
            return None

    assert identity(Mine(), 2.0, 0.0) == ""


def test_the_shipped_helper_is_there_and_its_files_are_small():
    found = shipped()
    assert set(found.sheet.policy.codes) >= {"latent-policy"}
    assert sum(path.stat().st_size for path in found.folder.iterdir()) < 2_000_000
