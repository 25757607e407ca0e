"""Prompts of different lengths, in batches of one length each, so that no padding convention is needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from forewarn.errors import AuditSetError
from forewarn.subjects.layout import Layout

Prompts = Sequence[Sequence[int]]
FrozenPrompts = tuple[tuple[int, ...], ...]


def checked(prompts: Prompts, layout: Layout, extra: int = 0) -> FrozenPrompts:
    """The prompts as tuples, once they are known to fit the model; `extra` tokens will be written after each.

    Raises:
        AuditSetError: no prompt, an empty one, one too long, or a token that the model does not have.
    """
    frozen = tuple(tuple(int(token) for token in prompt) for prompt in prompts)
    if not frozen:
        raise AuditSetError("no prompts were given; a subject reads at least one")
    for index, prompt in enumerate(frozen):
        if not prompt:
            raise AuditSetError(f"prompt {index} is empty; a prompt holds at least one token")
        check_tokens(prompt, layout.tokens, f"prompt {index}")
        if layout.max_length is not None and len(prompt) + extra > layout.max_length:
            more = f" and {extra} to be written" if extra else ""
            raise AuditSetError(
                f"prompt {index} has {len(prompt)} tokens{more}, but the model takes at most {layout.max_length}; "
                "shorten it, or if the model does take more give Overrides(max_length=...)"
            )
    return frozen


def check_tokens(tokens: Sequence[int], size: int, where: str) -> None:
    """Refuse token ids outside [0, size).

    Raises:
        AuditSetError: naming the token, where it stood, and the range.
    """
    for token in tokens:
        if not 0 <= token < size:
            raise AuditSetError(
                f"{where} holds the token {token}, but the model's token ids lie in 0 to {size - 1}. Was it "
                "encoded with another tokenizer?"
            )


def positions_of(prompts: FrozenPrompts, positions: Sequence[int] | None) -> tuple[int, ...]:
    """One position for each prompt, counted from its start; the last one by default, negative ones from the end.

    Raises:
        AuditSetError: their number is not that of the prompts, or one lies outside its prompt.
    """
    if positions is None:
        return tuple(len(prompt) - 1 for prompt in prompts)
    if len(positions) != len(prompts):
        raise AuditSetError(
            f"{len(prompts)} prompts were given with {len(positions)} positions; give one for each"
        )
    for index, (prompt, position) in enumerate(zip(prompts, positions, strict=True)):
        if not -len(prompt) <= position < len(prompt):
            raise AuditSetError(
                f"position {position} lies outside prompt {index}, which has {len(prompt)} tokens"
            )
    return tuple(int(p) % len(prompt) for prompt, p in zip(prompts, positions, strict=True))


def batches(prompts: Sequence[Sequence[int]], tokens: int) -> Iterator[list[int]]:
    """Indices of prompts of one length, together at most `tokens` tokens (a longer prompt goes alone)."""
    lengths: dict[int, list[int]] = defaultdict(list)
    for index, prompt in enumerate(prompts):
        lengths[len(prompt)].append(index)
    for length, rows in lengths.items():
        size = max(tokens // length, 1)
        yield from (rows[i : i + size] for i in range(0, len(rows), size))
