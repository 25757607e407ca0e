from __future__ import annotations

import torch
import torch.distributed as dist
from torch import nn

from forewarn.store.weights import weights_of


class _Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight
        self.twin = self.module[0]
        self.register_buffer("kept", torch.ones(2))
        self.register_buffer("left_out", torch.ones(2), persistent=False)
        self.register_buffer("none", None)
        self.register_parameter("nothing", None)
        self.gone: nn.Module | None = None
        self.register_module("gone_too", None)


def _same(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(
        found[name].data_ptr() == wanted[name].data_ptr() and found[name].shape == wanted[name].shape
        for name in wanted
    )


def test_names_and_memory_are_those_of_the_state_dict() -> None:
    net = _Net()
    found = weights_of(net)
    assert _same(found, net.state_dict())
    assert {"twin.weight", "module.0.weight", "module.1.running_mean", "kept"} <= found.keys()
    assert "left_out" not in found


def test_nothing_requires_grad() -> None:
    assert not any(tensor.requires_grad for tensor in weights_of(_Net()).values())


def _compiled(module: nn.Module) -> nn.Module:
    return torch.compile(module, backend="eager")


def test_prefixes_of_wrappers_are_stripped_wherever_they_stand() -> None:
    net = _Net()
    parallel = nn.DataParallel(net)  # moves it, where there is a GPU
    wanted = net.state_dict()
    assert "_orig_mod.embed.weight" in _compiled(net).state_dict()
    assert _same(weights_of(_compiled(net)), wanted)
    assert _same(weights_of(parallel), wanted)
    assert _same(weights_of(_compiled(parallel)), wanted)
    net.module = _compiled(net.module)
    assert _same(weights_of(net), wanted)


def test_the_prefix_of_distributed_training_is_stripped() -> None:
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        net = nn.Linear(2, 2)
        assert _same(weights_of(nn.parallel.DistributedDataParallel(net)), net.state_dict())
    finally:
        dist.destroy_process_group()


def test_a_users_own_module_called_module_keeps_its_name() -> None:
    outer = nn.Module()
    outer.module = nn.Linear(2, 2)
    assert set(weights_of(outer)) == {"module.weight", "module.bias"}


def test_no_hook_runs() -> None:
    net, calls = _Net(), []
    net.register_state_dict_pre_hook(lambda *_: calls.append("pre"))
    net.register_state_dict_post_hook(lambda *_: calls.append("post"))
    weights_of(net)
    assert calls == []
