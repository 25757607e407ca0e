"""A person's questions about one snapshot, asked as a look asks them, and recorded."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import final

from forewarn.audit.reopening import Factory
from forewarn.errors import ConfigurationError
from forewarn.inspect.asker import Asker
from forewarn.inspect.opened import Opened, open_at
from forewarn.inspect.questions import (
    askable,
    choose_question,
    find_outcome,
    open_questions,
    questions_named,
    with_answer,
    with_questions,
)
from forewarn.instruments.probe_inputs import ProbeInputs
from forewarn.records import InspectionTrace, Offered, Outcome, Site, Word
from forewarn.records.trace import WORDS
from forewarn.store import traces

NOBODY = "unknown"
"""Who asks where no name is given and the system knows none."""


@final
class Session:
    """Mutable: asks one snapshot what a person wants to know, and keeps the trace of it on disk.

    A session goes on with the trace that the same person left of the same snapshot. It writes nothing before the
    first answer or word.
    """

    def __init__(
        self, asker: Asker, path: Path | str, *, who: str | None = None, run: str = "", step: int = 0
    ) -> None:
        """`path` is the file of the traces, `who` by default the login name.

        Raises:
            ConfigurationError: nobody asks, or the subject was opened without a digest to record it under.
            StoreError: the traces there cannot be read.
        """
        self.path, self._asker = Path(path), asker
        begun = _begun(asker, login() if who is None else who, run, step)
        there = traces.find(self.path, begun.who, begun.snapshot)
        self._trace = begun if there is None else with_questions(there, begun.questions)

    @classmethod
    def at(
        cls, run: Path | str, step: int | None = None, who: str | None = None, factory: Factory | None = None
    ) -> Session:
        """Open a look of a stored run, as `open_at` does; recorded in RUN/traces.jsonl.

        Raises what `open_at` and the constructor do.
        """
        return cls.of(open_at(Path(run), step, factory), who)

    @classmethod
    def of(cls, opened: Opened, who: str | None = None) -> Session:
        """The same for a look that is open already."""
        stored, path = opened.stored, opened.stored.run / traces.TRACES
        name = str(stored.manifest.get("name", stored.run.name))
        return cls(Asker.at(opened), path, who=who, run=name, step=opened.look.step)

    @classmethod
    def over(cls, inputs: ProbeInputs, path: Path | str, who: str | None = None) -> Session:
        """For a model that is open and belongs to no run. Raises what the constructor does."""
        return cls(Asker.of(inputs), path, who=who)

    @property
    def trace(self) -> InspectionTrace:
        """All that was asked and said."""
        return self._trace

    @property
    def open(self) -> tuple[Offered, ...]:
        """What can be asked and was not asked yet, in the probes' own order."""
        return open_questions(self._trace)

    def questions(self, code: str) -> tuple[Offered, ...]:
        """One question at all its sites, open or not. ConfigurationError where there is none of that code."""
        return questions_named(self._trace, code)

    def sites(self, code: str) -> tuple[Site, ...]:
        """Where a question can be asked, the most promising site first. Raises what `ask` does."""
        return tuple(question.site for question in askable(self._trace, code))

    def ask(self, code: str, site: Site | str | None = None) -> Outcome:
        """Explore and confirm, as a look does; recorded before it is given back.

        `code` is such as "latent-policy", or "latent-policy/composure" for a follow-up; `site` is a site or its
        name, such as "resid3@answer", and by default the most promising one. What was asked before is answered
        from the trace, unless it failed.

        Raises:
            ConfigurationError: no such question or site, or it follows a claim that was not made.
            StoreError: the answer could not be recorded.
        """
        question = choose_question(self._trace, code, site)
        known = find_outcome(self._trace, question)
        return self._ask_now(question) if known is None else known

    def say(self, word: Word) -> None:
        """Record what the person makes of the model; the last word counts.

        Raises:
            ConfigurationError: no such word.
            StoreError: it could not be recorded.
        """
        if word not in WORDS:
            raise ConfigurationError(f"the final word is one of {', '.join(WORDS)}; found {word!r}")
        self._keep(lambda trace: replace(trace, word=word))

    def __repr__(self) -> str:
        trace = self._trace
        return (
            f"<Session of {trace.who} at {trace.run or 'a model'}@{trace.step}: {len(trace.answers)} answers, "
            f"{len(self.open)} questions open, word {trace.word or 'not said'}>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: what was answered, and what can be asked next."""
        return self._trace._repr_html_()

    def _ask_now(self, question: Offered) -> Outcome:
        outcome = self._asker.ask(question)
        self._keep(lambda trace: with_answer(trace, outcome))
        return outcome

    def _keep(self, change: Callable[[InspectionTrace], InspectionTrace]) -> None:
        """Change what lies on disk, not what is in memory: another session of the person may have added to it."""
        questions = self._trace.questions
        self._trace = traces.update(
            self.path, self._trace, lambda there: change(with_questions(there, questions))
        )


def _begun(asker: Asker, who: str, run: str, step: int) -> InspectionTrace:
    digest = asker.inputs.subject.digest
    if not (who.strip() and digest):
        raise ConfigurationError(
            f"an inspection is recorded under a person's name and a snapshot's digest; found {who!r} and "
            f"{digest!r}. `open_subject` takes the digest."
        )
    return InspectionTrace(who, run, digest, step, asker.known, asker.questions())


def login() -> str:
    """The name that the person is logged in by."""
    try:
        return getpass.getuser() or NOBODY
    except (OSError, KeyError, ImportError):
        return NOBODY
