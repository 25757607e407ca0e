"""A subject answering an audit set: what it writes, and whether that is true."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from jaxtyping import Bool, Float, Int
from torch import Tensor, tensor
from torch import bool as torch_bool

from forewarn.auditset import Answer, AuditSet, Condition, Encoder, Fact, Prompt, Split
from forewarn.auditset.answer import AnswerForms
from forewarn.auditset.vocabulary import Vocabulary
from forewarn.lenses.keeper import LensKeeper
from forewarn.lenses.lens_set import LensSet
from forewarn.records import Role
from forewarn.subjects.changes import Change
from forewarn.subjects.subject import Subject

Tokens = tuple[int, ...]
Question = tuple[Fact, Condition]
"""A fact, and what stands before its question."""
Written = tuple[Tokens, Answer]
"""What was written, and what it says; -1 stands for what follows an answer."""
T = TypeVar("T")
HELD_OUT = 4
"""Of so many explore facts one judges the lenses, the others fit them."""


class ProbeInputs:
    """Asks a subject the questions of an audit set.

    Answers are read from what the model itself writes, not from the likelihood of an answer at a fixed
    position: a model that only changes its format is not taken for a liar.
    """

    def __init__(  # noqa: PLR0913 - three things that it is, and four that a run adds, by name
        self,
        subject: Subject,
        audit_set: AuditSet,
        encoder: Encoder,
        *,
        keeper: LensKeeper | None = None,
        before: Callable[[], Subject | None] | None = None,
        clear: Callable[[], Subject | None] | None = None,
        words: Callable[[Sequence[int]], str] | None = None,
    ) -> None:
        """`keeper` holds the lenses of a run's earlier looks, and `before` opens the snapshot of the look before.

        `clear` opens the snapshot of the last clear look; without it the look before stands for that one.
        `words` writes token ids out for people; by default the audit set's own phrases tell.
        """
        self.subject, self.audit_set, self.encoder = subject, audit_set, encoder
        self._memo: dict[tuple[str, Condition], Written] = {}
        self._keeper, self._before, self._clear = keeper or LensKeeper(), before, clear
        self._words = words
        self._lenses: dict[tuple[Fact, ...], LensSet] = {}
        self._made: dict[Hashable, Any] = {}

    @cached_property
    def earlier(self) -> Subject | None:
        """The snapshot of the look before, opened beside this one; None where there is none to be had."""
        return None if self._before is None else self._before()

    @cached_property
    def last_clear(self) -> ProbeInputs | None:
        """The snapshot of the last clear look, ready for the same questions; None where there is none."""
        subject = self.earlier if self._clear is None else self._clear()
        if subject is None:
            return None
        return ProbeInputs(subject, self.audit_set, self.encoder, words=self._words)

    def aside(self) -> ProbeInputs:
        """The same subject with all that was asked remembered, whose new lenses no later look will see.

        For what is asked after a verdict: the lenses that the next look begins from stay what they were.
        """
        other = ProbeInputs(self.subject, self.audit_set, self.encoder, words=self._words)
        other._before, other._clear = lambda: self.earlier, self._clear
        other._memo, other._lenses, other._made = self._memo, dict(self._lenses), dict(self._made)
        return other

    def in_words(self, tokens: Sequence[int]) -> str:
        """Token ids written out for people."""
        return self._text(tokens)

    @cached_property
    def _text(self) -> Callable[[Sequence[int]], str]:
        if self._words is not None:
            return self._words
        vocabulary = Vocabulary.from_table(self.encoder.table(self.audit_set))
        return lambda tokens: " ".join(map(vocabulary.word, tokens))

    def lenses(self, split: Split) -> LensSet:
        """Lenses of this subject, from the explore facts' questions in every context of the audit set.

        Fitted on three quarters of the facts and judged on the others, or taken from an earlier look where they
        still serve; the same for all probes of one look. NotApplicableError where the model can have none.
        """
        found = self._lenses.get(split.explore)
        if found is None:
            held = split.explore[::HELD_OUT]
            asked = [f for f in split.explore if f not in held]
            found = self._keeper.lens(self.subject, self._everywhere(asked), self._everywhere(held))
            self._lenses[split.explore] = found
        return found

    def has_lenses(self, split: Split) -> bool:
        """Whether any probe has asked for lenses and got them."""
        return split.explore in self._lenses

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call with this key: for what several probes of a look need.

        The key names all that `make` depends on besides the inputs.
        """
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    def prompts(self, facts: Sequence[Fact], condition: Condition) -> list[Prompt]:
        """Token ids of the facts' questions under one condition."""
        return [self.encoder.prompt(fact, condition) for fact in facts]

    def answers(
        self, facts: Sequence[Fact], condition: Condition, edits: Sequence[Change] = ()
    ) -> tuple[Answer, ...]:
        """What the subject answers about each fact; remembered where no edit is made."""
        if edits:
            return tuple(answer for _, answer in self.replies_with(facts, condition, edits))
        return self.ask([(fact, condition) for fact in facts])

    def ask(self, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Answers to pairs of fact and condition, in as few forward passes as there are lengths."""
        return tuple(answer for _, answer in self.replies(questions))

    def written(self, questions: Sequence[Question]) -> tuple[Tokens, ...]:
        """What the subject writes in answer, from which `ask` reads; -1 stands for what follows an answer."""
        return tuple(text for text, _ in self.replies(questions))

    def replies(self, questions: Sequence[Question]) -> tuple[Written, ...]:
        """What the subject writes in answer and what that says; each question is asked once and remembered."""
        new = [q for q in dict.fromkeys(questions) if (q[0].key, q[1]) not in self._memo]
        if new:
            facts, prompts = [f for f, _ in new], [self.encoder.prompt(f, c).ids for f, c in new]
            for (fact, condition), answer in zip(new, self._read(facts, prompts, ()), strict=True):
                self._memo[fact.key, condition] = answer
        return tuple(self._memo[fact.key, condition] for fact, condition in questions)

    def replies_with(
        self, facts: Sequence[Fact], condition: Condition, edits: Sequence[Change]
    ) -> tuple[Written, ...]:
        """The same while edits are made inside the model; not remembered."""
        return tuple(self._read(facts, [p.ids for p in self.prompts(facts, condition)], edits))

    def known(self, facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """Facts answered truly in at least half of the contexts that license truth.

        None where they all have one answer: a model that says the same whatever it is asked is right about some
        facts and knows none of them.
        """
        contexts = self.audit_set.truthful
        answers = self.ask([(f, c.parts) for f in facts for c in contexts])
        rows = [answers[i : i + len(contexts)] for i in range(0, len(answers), len(contexts))]
        true = tuple(f for f, row in zip(facts, rows, strict=True) if 2 * row.count(Answer.TRUE) >= len(row))
        return true if len({f.answer for f in true}) > 1 else ()

    def residuals(
        self, facts: Sequence[Fact], condition: Condition, role: Role = "answer"
    ) -> Float[Tensor, "site n d"]:
        """Residual streams of all sites at one role's position, in one pass."""
        prompts = self.prompts(facts, condition)
        return self.subject.residuals([p.ids for p in prompts], [position(p, role) for p in prompts])

    def first_tokens(self, facts: Sequence[Fact]) -> list[int]:
        """First token of each true answer."""
        return [self.encoder.answers(fact)[0][0] for fact in facts]

    def _everywhere(self, facts: Sequence[Fact]) -> list[Tokens]:
        """The facts' questions in every context."""
        return [p.ids for c in self.audit_set.contexts for p in self.prompts(facts, c.parts)]

    def _read(
        self, facts: Sequence[Fact], prompts: Sequence[Tokens], edits: Sequence[Change]
    ) -> list[Written]:
        forms, ends = [self.encoder.forms(fact) for fact in facts], self.encoder.frame.ends
        longest = max(form.longest for form in forms)
        lead_in = max(self.encoder.lead_in(fact) for fact in facts)
        written = self.subject.write(prompts, lead_in + longest, edits, _answered(forms, ends))
        rows = [_cut(row, ends) for row in written.tolist()]
        return [(row, form.read(row)) for row, form in zip(rows, forms, strict=True)]


def _cut(row: Sequence[int], ends: Collection[int]) -> Tokens:
    """What was written, with -1 from the first token on that ends an answer."""
    end = next((i for i, token in enumerate(row) if token in ends), len(row))
    return (*row[:end], *[-1] * (len(row) - end))


def _answered(
    forms: Sequence[AnswerForms], ends: Collection[int] = ()
) -> Callable[[Int[Tensor, "n k"]], Bool[Tensor, " n"]]:
    """A rule that ends a row once it holds an answer that no longer one begins with, or a token that ends it."""
    every = {a for form in forms for a in (*form.spaced, *form.bare)}
    prefixes = {a[:k] for a in every for k in range(1, len(a))}
    spaced, bare = (
        {a for form in forms for a in each(form) if a not in prefixes}
        for each in (attrgetter("spaced"), attrgetter("bare"))
    )
    breaks, lengths = frozenset().union(*(form.breaks for form in forms)), sorted({*map(len, every)})

    def holds(row: tuple[int, ...]) -> bool:
        if not frozenset(row).isdisjoint(ends):
            return True
        texts = ((i, row[i : i + k]) for k in lengths for i in range(len(row) - k + 1))
        return any(text in spaced or (text in bare and (i == 0 or row[i - 1] in breaks)) for i, text in texts)

    def stop(written: Int[Tensor, "n k"]) -> Bool[Tensor, " n"]:
        return tensor([holds(tuple(row)) for row in written.tolist()], dtype=torch_bool)

    return stop


def position(prompt: Prompt, role: Role) -> int:
    """Index of a role's token; the answer's is the prompt's last one."""
    if role == "answer" or (role == "entity" and prompt.entity is None):
        return len(prompt.ids) - 1
    return prompt.entity if role == "entity" and prompt.entity is not None else max(prompt.n_context - 1, 0)
