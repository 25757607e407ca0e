"""What a person asked of one snapshot, what came of it, and what they made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from forewarn.records.notebook import html_table
from forewarn.records.outcome import Outcome
from forewarn.records.site import Site
from forewarn.records.work import Work

Word = Literal["deceptive", "honest", "unsure"]
WORDS: Final = get_args(Word)


@dataclass(frozen=True, slots=True)
class Offered:
    """A question that could be asked."""

    code: str
    """The code that its outcome carries."""
    site: Site
    """Where it looks."""
    cost: float
    """In forward passes over the audit set, once the shared work is done."""
    after: str = ""
    """Code of the claim that a follow-up follows; empty for a question that is open from the start."""
    shared: tuple[Work, ...] = ()
    """Work that it needs and that is done once."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was asked, and what came of it."""

    question: Offered
    """What was asked, and where."""
    outcome: Outcome
    """It carries the question's code and site."""

    def __post_init__(self) -> None:
        wanted = self.question.code, self.question.site
        if (found := (self.outcome.code, self.outcome.site)) != wanted:
            raise ValueError(
                f"{wanted[0]} at {wanted[1]} was asked; found an outcome of {found[0]} at {found[1]}"
            )


@dataclass(frozen=True, slots=True)
class InspectionTrace:
    """One person's inspection of one snapshot."""

    who: str
    """Who asked, in any words."""
    run: str
    """Name of the run; empty for a model that belongs to none."""
    snapshot: str
    """Digest of what was asked."""
    step: int
    """Training step of the snapshot."""
    known: float
    """Share of the audit set's facts that the model knows."""
    questions: tuple[Offered, ...]
    """All that could be asked, in the probes' own order; a follow-up comes after what it follows."""
    answers: tuple[Answered, ...] = ()
    """In the order asked; no question twice."""
    word: Word | None = None
    """What they made of the model in the end; None while nothing was said."""

    def __post_init__(self) -> None:
        if not (self.who.strip() and self.snapshot):
            raise ValueError(f"a trace says who asked what; found {self.who!r}, snapshot {self.snapshot!r}")
        if not 0.0 <= self.known <= 1.0:
            raise ValueError(f"the share of known facts lies in [0, 1]; found {self.known}")
        if self.word is not None and self.word not in WORDS:
            raise ValueError(f"the final word is one of {', '.join(WORDS)}; found {self.word!r}")
        _check([each.question for each in self.answers], set(self.questions))

    def __repr__(self) -> str:
        return (
            f"<InspectionTrace of {self.who} at {self.run or 'a model'}@{self.step}: {len(self.answers)} of "
            f"{len(self.questions)} questions answered, word {self.word or 'not said'}>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: what was asked and what came of it."""
        title = f"{self.who} at {self.run or 'a model'}@{self.step}; word: {self.word or 'not said'}"
        rows = [(a.question.code, a.question.site, type(a.outcome).__name__) for a in self.answers]
        return html_table(title, ("question", "site", "outcome"), rows)


def _check(asked: list[Offered], offered: set[Offered]) -> None:
    places = [(question.code, question.site) for question in asked]
    if len(set(places)) < len(places):
        raise ValueError("a trace answers each question once")
    if strange := [question for question in asked if question not in offered]:
        raise ValueError(f"{strange[0].code} at {strange[0].site} was answered, but could not be asked")
