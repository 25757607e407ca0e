from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import torch
from torch import nn

from forewarn.errors import StoreError
from forewarn.store import staging
from forewarn.store.dtypes import STORED
from forewarn.store.staging import Frozen, Stager, weights_of


def _same(left: torch.Tensor, right: torch.Tensor) -> bool:
    raw = [torch.atleast_1d(t.resolve_conj()).contiguous().view(torch.uint8) for t in (left, right)]
    return left.dtype == right.dtype and left.shape == right.shape and torch.equal(*raw)


def _unlike(seed: int = 0) -> dict[str, torch.Tensor]:
    """Tensors of every kind that can be stored."""
    draw = torch.Generator().manual_seed(seed)
    tensors = {
        name: torch.randint(0, 2, (3, 5), generator=draw).to(getattr(torch, name))
        for name in STORED
        if "float8" not in name
    }
    base = torch.randn(4, 6, generator=draw)
    return {
        **tensors,
        "float8": torch.randn(7, generator=draw).to(torch.float8_e4m3fn),
        "scalar": torch.tensor(3.5),
        "empty": torch.empty(0, 4),
        "transposed": base.t(),
        "strided": base[:, ::2],
        "expanded": torch.randn(1, generator=draw).expand(3, 3),
        "conjugate": torch.randn(3, dtype=torch.complex64, generator=draw).conj(),
        "learned": nn.Parameter(base.clone()),
    }


def test_everything_is_copied_as_it_is() -> None:
    tensors = _unlike()
    frozen = Stager().freeze(tensors)
    assert set(frozen.tensors) == set(tensors) and not frozen.aliases
    assert all(_same(frozen.tensors[name], tensors[name]) for name in tensors)
    assert all(copy.is_contiguous() and not copy.requires_grad for copy in frozen.tensors.values())
    assert frozen.size == sum(tensor.nbytes for tensor in tensors.values())


@pytest.mark.parametrize("length", [32_768, 32_769, 5_000_000])
@pytest.mark.parametrize("kind", ["float32", "bfloat16", "bool", "complex64"])
def test_every_way_of_copying_gives_the_same(length: int, kind: str) -> None:
    tensor = (torch.arange(length) % 251).to(getattr(torch, kind))
    views = {
        "plain": tensor,
        "part": tensor[1:-1],
        "steps": tensor[::2],
        "turned": tensor[: length // 8 * 8].view(-1, 8).t(),
    }
    if tensor.is_complex():
        views |= {"conjugate": tensor.conj(), "imaginary": tensor.conj().imag}
    frozen = Stager().freeze(views)
    assert all(torch.equal(frozen.tensors[name], view) for name, view in views.items())


def test_what_happens_to_the_sources_afterwards_does_not_matter() -> None:
    tensors = _unlike()
    wanted = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    frozen = Stager().freeze(tensors)
    with torch.no_grad():
        for name, tensor in tensors.items():
            if name != "expanded":
                tensor.zero_()
    assert all(_same(frozen.tensors[name], wanted[name]) for name in wanted)


def test_what_happens_to_a_module_afterwards_does_not_matter() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    wanted = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    frozen = Stager().freeze(weights_of(net))
    optimiser = torch.optim.SGD(net.parameters(), lr=1.0)
    net(torch.ones(3, 4)).pow(2).sum().backward()
    optimiser.step()
    assert all(_same(frozen.tensors[name], wanted[name]) for name in wanted)


def test_tied_tensors_are_aliases_of_the_first_name() -> None:
    shared = torch.randn(3, 4)
    frozen = Stager().freeze(
        {"z": shared, "b": shared.detach(), "k": shared.view(3, 4), "own": torch.randn(3, 4)}
    )
    assert frozen.aliases == {"k": "b", "z": "b"}
    assert set(frozen.tensors) == {"b", "own"}
    assert frozen.size == 2 * shared.nbytes


@pytest.mark.parametrize(
    "view",
    [
        lambda t: t[:3],
        lambda t: t[1:],
        lambda t: t.t(),
        lambda t: t.reshape(16),
        lambda t: t.view(torch.int32),
    ],
)
def test_views_that_are_not_the_same_reading_are_copied(view: Callable[[torch.Tensor], torch.Tensor]) -> None:
    tensor = torch.randn(4, 4)
    frozen = Stager().freeze({"a": tensor, "b": view(tensor)})
    assert frozen.aliases == {}
    assert _same(frozen.tensors["a"], tensor) and _same(frozen.tensors["b"], view(tensor))


def test_a_conjugate_view_is_no_alias() -> None:
    tensor = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex64)
    frozen = Stager().freeze({"a": tensor, "b": tensor.conj()})
    assert frozen.aliases == {} and frozen.tensors["b"][0] == 1 - 2j


def test_empty_tensors_are_never_taken_for_tied() -> None:
    assert Stager().freeze({"a": torch.empty(0), "b": torch.empty(0)}).aliases == {}


def test_no_tensors_make_an_empty_snapshot() -> None:
    frozen = Stager().freeze({})
    assert dict(frozen.tensors) == {} and frozen.size == 0


def test_memory_is_reused_after_release_and_not_before() -> None:
    stager, tensors = Stager(), {"w": torch.zeros(8)}
    held = []
    for value in (1.0, 2.0, 3.0):
        tensors["w"].fill_(value)
        held.append(stager.freeze(tensors))
    assert [frozen.tensors["w"][0].item() for frozen in held] == [1.0, 2.0, 3.0]
    place = held[1].tensors["w"].data_ptr()
    held[1].release()
    tensors["w"].fill_(4.0)
    again = stager.freeze(tensors)
    assert again.tensors["w"].data_ptr() == place
    assert [frozen.tensors["w"][0].item() for frozen in (held[0], held[2], again)] == [1.0, 3.0, 4.0]


def test_at_most_two_slots_are_kept() -> None:
    stager = Stager()
    held = [stager.freeze({"w": torch.zeros(8)}) for _ in range(4)]
    places = [frozen.tensors["w"].data_ptr() for frozen in held]
    for frozen in held:
        frozen.release()
    assert len(stager._idle) == 2
    reused = {stager.freeze({"w": torch.zeros(8)}).tensors["w"].data_ptr() for _ in range(2)}
    assert reused == set(places[:2])


def test_releasing_twice_gives_the_memory_back_once() -> None:
    stager = Stager()
    first = stager.freeze({"w": torch.ones(8)})
    first.release()
    first.release()
    second, third = stager.freeze({"w": torch.ones(8)}), stager.freeze({"w": torch.ones(8)})
    assert second.tensors["w"].data_ptr() != third.tensors["w"].data_ptr()


def test_a_released_snapshot_cannot_be_read() -> None:
    frozen = Stager().freeze({"w": torch.ones(8)})
    frozen.release()
    with pytest.raises(StoreError, match="was released and its memory may hold another"):
        _ = frozen.tensors


def test_a_change_of_shapes_gets_new_memory() -> None:
    stager = Stager()
    stager.freeze({"w": torch.ones(8)}).release()
    frozen = stager.freeze({"w": torch.ones(2, 4)})
    assert frozen.tensors["w"].shape == (2, 4)


def test_no_random_number_is_drawn_and_no_mode_changed() -> None:
    before, grad, threads = torch.get_rng_state(), torch.is_grad_enabled(), torch.get_num_threads()
    stager = Stager()
    stager.freeze(_unlike()).release()
    stager.freeze(_unlike())
    assert torch.equal(before, torch.get_rng_state())
    assert (grad, threads) == (torch.is_grad_enabled(), torch.get_num_threads())


@pytest.mark.parametrize("size", [8, 40_000])
def test_inference_mode_before_and_after_does_not_matter(size: int) -> None:
    stager = Stager()
    with torch.inference_mode():
        made = torch.full((size,), 2.0)
        first = stager.freeze({"w": made})
        assert first.tensors["w"][0] == 2.0
        first.release()
    second = stager.freeze({"w": torch.full((size,), 3.0, requires_grad=True)})
    assert second.tensors["w"][0] == 3.0
    second.release()
    assert stager.freeze({"w": made}).tensors["w"][0] == 2.0


def test_a_default_device_of_the_user_does_not_matter() -> None:
    with torch.device("meta"):
        frozen = Stager().freeze({"w": torch.ones(3, device="cpu")})
    assert frozen.tensors["w"].device.type == "cpu"


def test_a_tensor_that_cannot_be_stored_is_named_and_costs_no_slot() -> None:
    stager = Stager()
    with pytest.raises(StoreError, match="tensor 'odd' cannot be stored: it is on the meta device"):
        stager.freeze({"w": torch.ones(3), "odd": torch.ones(3, device="meta")})
    assert stager.freeze({"w": torch.ones(3)}).tensors["w"][0] == 1.0


def test_a_lack_of_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("not enough memory")

    monkeypatch.setattr(staging.torch, "empty", refuse)
    with pytest.raises(StoreError, match="no host memory for a snapshot of 4,000 bytes: not enough memory"):
        Stager().freeze({"w": torch.zeros(1000)})


def test_threads_may_share_a_stager() -> None:
    stager, wrong = Stager(), []

    def work(value: int) -> None:
        source = torch.full((500,), float(value))
        for _ in range(50):
            frozen = stager.freeze({"w": source})
            if not torch.equal(frozen.tensors["w"], source):
                wrong.append(value)
            frozen.release()

    threads = [threading.Thread(target=work, args=(value,)) for value in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_reading_waits_for_copies_under_way_and_so_does_release() -> None:
    waited = []
    frozen = Frozen({"w": torch.ones(1)}, {}, [lambda: waited.append("copy")], lambda: waited.append("back"))
    assert waited == []
    _ = frozen.tensors
    frozen.release()
    assert waited == ["copy", "copy", "back"]


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
def test_an_accelerator_is_not_waited_for() -> None:
    source = {"w": torch.randn(1 << 22, device="cuda"), "t": torch.randn(512, 512, device="cuda").t()}
    stager = Stager()
    stager.freeze(source).release()
    wanted = {name: tensor.cpu() for name, tensor in source.items()}
    try:
        torch.cuda.set_sync_debug_mode("error")
        frozen = stager.freeze(source)
        for tensor in source.values():
            tensor.zero_()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert all(_same(frozen.tensors[name], wanted[name]) for name in wanted)
    assert all(tensor.is_pinned() for tensor in frozen.tensors.values())
