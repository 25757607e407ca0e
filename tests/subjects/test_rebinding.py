"""What a copy runs is led to the copy's own parts."""

from __future__ import annotations

import copy
import functools
import types
import weakref

import torch
from torch import nn

from forewarn.subjects.rebinding import Rebinder, duplicated


def pair():
    """A layer, its copy, and what leads from one to the other."""
    layer, memo = nn.Linear(2, 2), {}
    return layer, copy.deepcopy(layer, memo), memo


def test_closures_methods_partials_and_references_are_led_over():
    layer, twin, memo = pair()
    binder = Rebinder(memo)
    assert binder.of(lambda: layer)() is twin
    assert binder.of(types.MethodType(lambda self: self, layer))() is twin
    assert binder.of(functools.partial(lambda one, two: (one, two), layer, two=layer))() == (twin, twin)
    assert binder.of(weakref.ref(layer))() is twin
    assert binder.of(weakref.WeakMethod(layer.forward))().__self__ is twin
    assert binder.of([layer, {"a": (layer, 1)}]) == [twin, {"a": (twin, 1)}]
    assert binder.of(layer.weight) is twin.weight


def test_defaults_and_chains_are_led_over():
    layer, twin, memo = pair()

    def inner(x, held=layer, *, also=layer):
        """What it says."""
        return held, also

    @functools.wraps(inner)
    def outer(x):
        return inner(x)

    new = Rebinder(memo).of(outer)
    assert new(0) == (twin, twin)
    assert new.__wrapped__(0) == (twin, twin)
    assert (new.__name__, new.__doc__) == ("inner", "What it says.")
    assert outer(0) == (layer, layer)


def test_names_of_a_script_are_led_over():
    layer, twin, memo = pair()
    space = {"layer": layer, "old": layer.forward}
    exec("def forward(x):\n    return layer, old", space)
    found, old = Rebinder(memo).of(space["forward"])(0)
    assert found is twin
    assert old.__self__ is twin
    assert space["layer"] is layer


def test_functions_that_share_a_cell_go_on_sharing_one():
    count = 0

    def up():
        nonlocal count
        count += 1

    def told():
        return count

    new_up, new_told = Rebinder({}).of([up, told])
    new_up()
    assert (new_told(), told()) == (1, 0)


def test_a_function_that_calls_itself():
    layer, twin, memo = pair()

    def down(n):
        return layer if n == 0 else down(n - 1)

    assert Rebinder(memo).of(down)(3) is twin


def test_what_a_hook_fills_is_not_filled_by_the_copy():
    seen, mean = [], torch.zeros(1)

    def hook(x):
        seen.append(x)
        mean.add_(x)

    Rebinder({}).of(hook)(1.0)
    assert (seen, float(mean)) == ([], 0.0)


class Guarded:
    """Refuses to be copied, as accelerate's wrapper of a forward does."""

    def __init__(self, forward):
        self.forward = forward

    def __getstate__(self):
        raise TypeError("cannot be pickled")

    def __call__(self):
        return self.forward()


def test_objects_that_are_called_are_led_over():
    layer, twin, memo = pair()
    assert Rebinder(memo).of(Guarded(lambda: layer))() is twin
    plain = Guarded(len)
    assert Rebinder(memo).of(plain) is plain, "nothing of the original is in it"


def test_strangers_are_not_followed():
    layer, _, memo = pair()
    trainer = Guarded(lambda: layer)
    assert Rebinder(memo, stranger=lambda value: value is trainer).of(trainer) is trainer


def test_autocast_is_switched_off_where_it_is_asked():
    run = torch.autocast("cpu", torch.bfloat16)(lambda: torch.is_autocast_enabled("cpu"))
    assert Rebinder({}).of(run)() is True
    assert Rebinder({}, autocast=False).of(run)() is False


def test_a_module_that_only_a_function_holds_is_copied_too():
    low = nn.Linear(2, 2).train()
    twin = Rebinder({}).of(lambda: low)()
    assert twin is not low
    assert torch.equal(twin.weight, low.weight) and twin.weight.data_ptr() != low.weight.data_ptr()
    assert not twin.training and low.training


def test_a_copy_of_a_copy_runs_its_own_parts():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    old = net[1].forward
    net[1].forward = lambda x: old(net[0](x))
    net[0].register_forward_hook(lambda part, args, out: out + net[1].bias)
    twin, x = duplicated(net), torch.ones(1, 2)
    before = net(x)
    assert torch.equal(twin(x), before)
    for weight in twin.parameters():
        weight.data.zero_()
    assert torch.equal(net(x), before)
    assert torch.equal(twin(x), torch.zeros(1, 2))
