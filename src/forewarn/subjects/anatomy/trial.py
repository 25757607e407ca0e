"""The small batch on which a decoder is taken apart, and what its blocks were called with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from forewarn.subjects.calling import gave_tensor, given_tensor, hooks, run
from forewarn.subjects.found import FoundDecoder
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.tracing import Call

BATCH, LENGTH = 8, 5
"""Not equal, so that the axes can be told apart."""


def trial_batch(found: FoundDecoder, example: Prompts) -> Int[Tensor, "b t"]:
    """Tokens of the example prompts in random order; of the whole vocabulary where they hold fewer than four."""
    known = sorted({token for prompt in example for token in prompt})
    pool = torch.tensor(known if len(known) >= 4 else range(found.layout.tokens))
    length = min(LENGTH, found.layout.max_length or LENGTH)
    drawn = torch.randint(len(pool), (BATCH, length), generator=torch.Generator().manual_seed(0))
    return pool[drawn].to(found.device)


def block_calls(decoder: FoundDecoder, ids: Int[Tensor, "b t"]) -> list[Call]:
    """The call of each block in one pass, named ""."""
    found: list[Call] = []
    with hooks(_listening(decoder, found)):
        run(decoder.module, ids, decoder.layout.calling)
    return found


def _listening(decoder: FoundDecoder, found: list[Call]) -> Iterator[RemovableHandle]:
    for place, name in enumerate(decoder.layout.blocks):
        yield decoder.part(name).register_forward_hook(_hook(place, found), with_kwargs=True)


def _hook(place: int, found: list[Call]) -> Any:
    def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        slot, gave = given_tensor(args, kwargs), gave_tensor(output)
        if slot is not None and gave is not None:
            found.append(
                Call("", module, args, kwargs, slot, slot.clone(), gave.clone(), 2 * place, 2 * place + 1)
            )

    return hook
