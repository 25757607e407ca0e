"""What torch keeps for a whole process, or for the thread that trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils import _device as torch_device
from torch.utils import deterministic

from forewarn.subjects.untouched.setting import Setting, attributes

_KINDS = ("cpu", "cuda", "xpu", "mps")
_SDP = ("flash_sdp", "mem_efficient_sdp", "math_sdp", "cudnn_sdp")


def settings() -> tuple[Setting, ...]:
    """All of them. The order matters: what sets several others at once comes before these."""
    return (
        Setting("random numbers of torch", _cpu_state, _set_cpu_state),
        *_accelerators(),
        Setting("modes around torch functions", _modes, _set_modes),
        Setting("default dtype", torch.get_default_dtype, torch.set_default_dtype),
        Setting("deterministic algorithms", _deterministic, _set_deterministic),
        Setting("number of threads", torch.get_num_threads, torch.set_num_threads),
        Setting("anomaly mode", _anomaly, lambda found: torch.set_anomaly_enabled(*found)),
        Setting("denormal numbers", _flushes, torch.set_flush_denormal),
        Setting("hooks of all modules", _global_hooks, _set_global_hooks),
        Setting("autocast", _autocast, _set_autocast),
        *attributes(deterministic, "torch.utils.deterministic", "fill_uninitialized_memory"),
        *_precision(),
        *_kernels(),
    )


def _cpu_state() -> bytes:
    return torch.get_rng_state().numpy().tobytes()


def _set_cpu_state(found: bytes) -> None:
    torch.set_rng_state(torch.frombuffer(bytearray(found), dtype=torch.uint8))


def _accelerators() -> Iterator[Setting]:
    """Random numbers, device and stream of each kind that is in use; none that is not is begun for this."""
    for told, home in (("CUDA", torch.cuda), ("XPU", torch.xpu)):
        if home.is_available() and home.is_initialized():
            yield Setting(
                f"random numbers of {told}",
                lambda home=home: [state.numpy().tobytes() for state in home.get_rng_state_all()],  # type: ignore[misc]
                lambda found, home=home: home.set_rng_state_all(_states(found)),  # type: ignore[misc]
            )
            yield Setting(f"stream of {told}", home.current_stream, home.set_stream)
            yield Setting(f"device of {told}", home.current_device, home.set_device)
    if torch.backends.mps.is_available():
        yield Setting(
            "random numbers of MPS",
            lambda: torch.mps.get_rng_state().numpy().tobytes(),
            lambda found: torch.mps.set_rng_state(_states([found])[0]),
        )


def _states(found: list[bytes]) -> list[torch.Tensor]:
    return [torch.frombuffer(bytearray(each), dtype=torch.uint8) for each in found]


def _modes() -> tuple[Any, ...]:
    """The default device, and every mode that was entered and not left (`with torch.device(...)` is one)."""
    held = torch._GLOBAL_DEVICE_CONTEXT
    stack = [torch._C._get_function_stack_at(i) for i in range(torch._C._len_torch_function_stack())]
    return getattr(held, "device_context", None), torch_device.CURRENT_DEVICE, stack


def _set_modes(found: tuple[Any, ...]) -> None:
    context, device, stack = found
    for _ in range(torch._C._len_torch_function_stack()):
        torch._C._pop_torch_function_stack()
    for mode in stack:
        torch._C._push_on_torch_function_stack(mode)
    torch_device.CURRENT_DEVICE = device
    torch._GLOBAL_DEVICE_CONTEXT.device_context = context


def _deterministic() -> tuple[bool, bool]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def _set_deterministic(found: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(found[0], warn_only=found[1])


def _anomaly() -> tuple[bool, bool]:
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


def _flushes() -> bool:
    """Whether the smallest numbers are taken for zero. There is no way to ask but to try."""
    return bool(torch.tensor(5e-324, dtype=torch.float64, device="cpu").mul(1.0).item() == 0.0)


def _global_hooks() -> dict[str, Any]:
    """Hooks that are called for every module there is."""
    home = vars(nn.modules.module)
    found = {name: value for name, value in home.items() if name.startswith("_global_")}
    return {name: dict(value) if isinstance(value, dict) else value for name, value in found.items()}


def _set_global_hooks(found: dict[str, Any]) -> None:
    home = vars(nn.modules.module)
    for name, value in found.items():
        if isinstance(value, dict):
            home[name].clear()
            home[name].update(value)
        else:
            home[name] = value


def _nesting() -> int:
    """How many autocast contexts were entered and not left."""
    torch.autocast_increment_nesting()
    return torch.autocast_decrement_nesting()


def _autocast() -> tuple[Any, ...]:
    kinds = [kind for kind in _KINDS if torch.amp.is_autocast_available(kind)]
    each = [(kind, torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in kinds]
    return _nesting(), torch.is_autocast_cache_enabled(), each


def _set_autocast(found: tuple[Any, ...]) -> None:
    nesting, caches, each = found
    for kind, enabled, dtype in each:
        torch.set_autocast_enabled(kind, enabled)
        torch.set_autocast_dtype(kind, dtype)
    torch.set_autocast_cache_enabled(caches)
    while _nesting() > nesting:
        torch.autocast_decrement_nesting()
    torch.clear_autocast_cache()


def _precision() -> Iterator[Setting]:
    """How float32 is multiplied: the words for all of torch first, then those for each library."""
    backends = torch.backends
    yield Setting(
        "precision of matrix products",
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
    )
    yield from attributes(backends.cuda.matmul, "torch.backends.cuda.matmul", "allow_tf32")
    yield from attributes(backends.cudnn, "torch.backends.cudnn", "allow_tf32")
    yield from attributes(backends, "torch.backends", "fp32_precision")
    for told, home in (("cudnn", backends.cudnn), ("mkldnn", backends.mkldnn)):
        yield from attributes(home, f"torch.backends.{told}", "fp32_precision")
    homes: dict[str, Any] = {"cuda.matmul": backends.cuda.matmul}
    for told, home in (("cudnn", backends.cudnn), ("mkldnn", backends.mkldnn)):
        homes |= {f"{told}.{n}": getattr(home, n) for n in ("matmul", "conv", "rnn") if hasattr(home, n)}
    for told, home in homes.items():
        yield from attributes(home, f"torch.backends.{told}", "fp32_precision")


def _kernels() -> Iterator[Setting]:
    """Which kernels are chosen."""
    backends = torch.backends
    reduced = ("fp16", "bf16")
    yield from attributes(
        backends.cuda.matmul,
        "torch.backends.cuda.matmul",
        *(f"allow_{each}_reduced_precision_reduction" for each in reduced),
        "allow_fp16_accumulation",
    )
    yield from attributes(
        backends.cudnn, "torch.backends.cudnn", "enabled", "benchmark", "benchmark_limit", "deterministic"
    )
    yield from attributes(backends.mkldnn, "torch.backends.mkldnn", "enabled", "deterministic")
    yield from attributes(backends.opt_einsum, "torch.backends.opt_einsum", "enabled", "strategy")
    for name in _SDP:
        yield Setting(
            f"use of {name}",
            getattr(backends.cuda, f"{name}_enabled"),
            getattr(backends.cuda, f"enable_{name}"),
        )
    yield Setting(
        "fast path of attention",
        backends.mha.get_fastpath_enabled,
        backends.mha.set_fastpath_enabled,
    )
