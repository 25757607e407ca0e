"""What a model and its audit set need before the first look: an encoder, and an opener that fits both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from forewarn.audit.equipment import Equipment
from forewarn.audit.gaps import SCHEDULE
from forewarn.audit.manifest import manifest, model_card
from forewarn.auditset import AuditSet, Encoder
from forewarn.auditset.frame import BARE
from forewarn.callbacks.framing import better, encoders
from forewarn.callbacks.halted import Start
from forewarn.callbacks.options import Options
from forewarn.callbacks.taking_up import Papers
from forewarn.errors import AuditSetError
from forewarn.schedules import as_plain, parse_schedule
from forewarn.subjects.layout import Layout, Overrides
from forewarn.subjects.opening import Opener

N_EXAMPLES = 8
"""Prompts on which a subject is checked when it is opened."""


@dataclass(frozen=True, slots=True)
class OpenedModel:
    """What came of the attempt to open a model."""

    encoder: Encoder
    """Turns questions into token ids."""
    opener: Opener | None
    """Opens snapshots of the model; None where it cannot be read."""
    error: Exception | None
    """What keeps the model from being asked; None where nothing does."""

    def tokens(self, audit_set: AuditSet) -> dict[str, Any]:
        """The audit set's token ids, for replays; none where there is no tokenizer for its words."""
        try:
            return self.encoder.table(audit_set)
        except AuditSetError:
            return {**BARE.as_json(), "pieces": []}


def open_model(
    module: nn.Module,
    audit_set: AuditSet,
    tokenizer: Any | None,
    overrides: Overrides | None,
    chat: bool | None = None,
    stepped: Iterable[Tensor] = (),
) -> OpenedModel:
    """Try to open a model as every look will. Never raises: a run's folder is made in either case.

    `chat`: whether to ask in the tokenizer's chat template; None for the way in which the model knows more.
    `stepped`: the parameters that the optimisers hold, where that is known.
    """
    encoder = Encoder()
    try:
        ways = encoders(tokenizer, chat)
        encoder = ways[0]
        encoder.check(audit_set)
        opener = Opener(module, _examples(audit_set, encoder), overrides, stepped=stepped)
        subject = opener.open(None)
        encoder = better(subject, audit_set, ways, lambda way: check_lengths(audit_set, way, opener.layout))
        check_lengths(audit_set, encoder, opener.layout)
    except Exception as error:
        return OpenedModel(encoder, None, error)
    return OpenedModel(encoder, opener, None)


def papers_of(
    options: Options,
    equipment: Equipment,
    module: nn.Module,
    tokenizer: Any | None,
    start: Start,
    opened: OpenedModel,
) -> Papers:
    """What the folder of a run, wanted at `start.path`, is begun with."""
    told = options.as_json()
    schedule = parse_schedule(options.every_n_steps)
    used = {
        **{name: told[name] for name in ("every_n_steps", "graceful_stop")},
        SCHEDULE: as_plain(schedule) or {"kind": type(schedule).__qualname__},
        "chat": opened.encoder.frame.chat,
    }
    says = manifest(start.path.name, told, used, equipment, model_card(module, opened.opener))
    audit_set = equipment.audit_set
    return Papers(start.path, says, audit_set, opened.tokens(audit_set), tokenizer, start.job.identity)


def check_lengths(audit_set: AuditSet, encoder: Encoder, layout: Layout) -> None:
    """AuditSetError where a question in a context leaves no room for its answer, with the numbers."""
    longest, where = max(
        (
            (len(encoder.prompt(fact, context.parts).ids), f"{fact.entity!r} in the context {context.name!r}")
            for fact in audit_set.facts
            for context in audit_set.contexts
        ),
        key=lambda found: found[0],
    )
    answer = max(encoder.lead_in(fact) + encoder.forms(fact).longest for fact in audit_set.facts)
    if layout.max_length is not None and longest + answer > layout.max_length:
        raise AuditSetError(
            f"the longest prompt, {where}, has {longest} tokens, and {answer} more are written in answer; "
            f"the model takes at most {layout.max_length}. Shorten the contexts or the questions, or if the model "
            "does take more give overrides=Overrides(max_length=...)."
        )


def _examples(audit_set: AuditSet, encoder: Encoder) -> list[tuple[int, ...]]:
    contexts = audit_set.contexts
    return [
        encoder.prompt(fact, contexts[i % len(contexts)].parts).ids
        for i, fact in enumerate(audit_set.facts[:N_EXAMPLES])
    ]
