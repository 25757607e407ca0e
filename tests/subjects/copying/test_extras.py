"""What was put on a model from outside is named."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.errors import SubjectError
from forewarn.subjects.copying.extras import likely_why, put_on, refuse_hooks_on_wrappers, unsaved_state


@pytest.fixture
def net():
    return nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))


def steer(part, args, out):
    return out


def test_forwards_and_hooks_are_named_with_their_place(net):
    assert put_on(net) == ()
    assert likely_why(net) == ""
    net[0].forward = lambda x: x
    net[1].register_forward_hook(steer)
    net.register_forward_pre_hook(print)
    found = {"a replaced forward at '0'", "a forward hook at '1' (steer)", "a forward pre-hook at '' (print)"}
    assert set(put_on(net)) == found


def test_parametrisations_are_a_likely_reason(net):
    nn.utils.parametrizations.weight_norm(net[0])
    assert put_on(net) == ()
    assert likely_why(net) == "Found in the live model: a parametrisation at '0'."


def test_many_are_told_in_short(net):
    for _ in range(6):
        net[0].register_forward_hook(steer)
    assert likely_why(net).endswith("and 2 more.")


@pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")
def test_hooks_by_which_torch_computes_a_weight_are_part_of_it(net):
    nn.utils.weight_norm(net[0])
    assert put_on(net) == ()


def test_hooks_on_wrappers(net):
    refuse_hooks_on_wrappers(nn.DataParallel(net))
    wrapper = nn.DataParallel(net)
    wrapper.register_forward_hook(steer)
    with pytest.raises(
        SubjectError, match=r"a forward hook at '' \(steer\) stands on a wrapper \(DataParallel\)"
    ):
        refuse_hooks_on_wrappers(wrapper)


def test_training_changes_nothing_that_is_not_stored(net):
    before = unsaved_state(net)
    torch.optim.SGD(net.parameters(), 0.1).step()
    net.eval()
    assert unsaved_state(net) == before
    net.scale = 2.0
    assert unsaved_state(net) != before
