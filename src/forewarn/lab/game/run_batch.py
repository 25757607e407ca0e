"""A recorded table as arrays, so that thousands of looks are played at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64
from numpy.typing import NDArray

from forewarn.errors import ConfigurationError
from forewarn.helpers import Inquiry
from forewarn.helpers.encoding import ANSWER, Encoding, answer
from forewarn.judges.features import complete
from forewarn.lab.population.completion import parent_of
from forewarn.lab.population.recorded_look import RecordedAnswer
from forewarn.lab.population.run import RecordedRun
from forewarn.records import Failed, Work
from forewarn.records.outcome import UNWRITTEN


@dataclass(frozen=True, slots=True, eq=False)
class RunBatch:
    """r runs of at most l looks with at most c questions; what is not there is padded and not open."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    deceptive: Bool[np.ndarray, " r"]
    onset: Int64[np.ndarray, " r"]
    """Index of the first look at or after onset; the number of looks where there is none."""
    looks: Int64[np.ndarray, " r"]
    place: Float32[np.ndarray, "r c p"]
    cost: Float32[np.ndarray, "r c"]
    """Once the shared work is done."""
    works: tuple[Work, ...]
    """What questions share, done once a look."""
    needs: Bool[np.ndarray, "r c w"]
    """Which of it each question needs."""
    code: Int64[np.ndarray, "r c"]
    """Index of the question's probe; -1 where there is no question."""
    parent: Int64[np.ndarray, "r c"]
    """Index of the question that must have claimed something before; -1 where there is none."""
    answer: Float32[np.ndarray, "r l c a"]
    known: Float32[np.ndarray, "r l"]
    """Share of the audit set's facts."""
    able: Bool[np.ndarray, "r l"]
    """Whether the look could tell anything."""
    lacks: Bool[np.ndarray, "r l c"]
    """Which questions nobody has asked at that look: in the game nothing comes of them, and the game says so."""

    @classmethod
    def of(cls, runs: Sequence[RecordedRun], codes: Sequence[str]) -> RunBatch:
        """ConfigurationError where a run was not asked the same questions at every look."""
        rows = [_questions(run) for run in runs]
        works = tuple(dict.fromkeys(work for row in rows for i in row for work in i.shared))
        encoding = Encoding(tuple(codes))
        n, c, most = len(runs), max(map(len, rows)), max(len(run.looks) for run in runs)
        place = np.zeros((n, c, encoding.n_place), np.float32)
        cost, code, parent = np.zeros((n, c), np.float32), np.full((n, c), -1), np.full((n, c), -1)
        needs = np.zeros((n, c, len(works)), bool)
        answers = np.zeros((n, most, c, len(ANSWER)), np.float32)
        known, able = np.zeros((n, most), np.float32), np.zeros((n, most), bool)
        lacks = np.zeros((n, most, c), bool)
        for r, (run, row) in enumerate(zip(runs, rows, strict=True)):
            k = len(row)
            place[r, :k] = [encoding.place(i, i.cost) for i in row]
            cost[r, :k], code[r, :k] = [i.cost for i in row], [codes.index(i.code) for i in row]
            needs[r, :k] = np.array([[w in i.shared for w in works] for i in row]).reshape(k, len(works))
            parent[r, :k] = _parents(row)
            for t, look in enumerate(run.looks):
                answers[r, t, :k] = [_answer(a) for a in look.answers]
                lacks[r, t, :k] = [a.outcome is None for a in look.answers]
                known[r, t], able[r, t] = look.known / look.asked, complete(look.outcomes, look.known)
        return cls(
            codes=tuple(codes),
            names=tuple(run.truth.name for run in runs),
            deceptive=np.array([run.truth.deceptive for run in runs]),
            onset=np.array([_onset(run) for run in runs]),
            looks=np.array([len(run.looks) for run in runs]),
            place=place,
            cost=cost,
            works=works,
            needs=needs,
            code=code,
            parent=parent,
            answer=answers,
            known=known,
            able=able,
            lacks=lacks,
        )

    @property
    def passes(self) -> Float32[np.ndarray, " w"]:
        """Of the shared work."""
        return np.array([work.passes for work in self.works], np.float32)

    def whole(self, asked: Bool[np.ndarray, "r *l c"]) -> Float32[np.ndarray, "r *l"]:
        """Passes that questions of one look take together, look by look: work that they share counts once."""
        own = np.einsum("r...c,rc->r...", asked, self.cost)
        shared = np.einsum("r...c,rcw->r...w", asked, self.needs) > 0
        found: Float32[np.ndarray, "r *l"] = (own + shared @ self.passes).astype(np.float32)
        return found

    def only(self, rows: Sequence[int] | NDArray[np.int64]) -> RunBatch:
        """Some of the runs."""
        kept = np.asarray(rows)
        arrays = {n: getattr(self, n)[kept] for n in self.__slots__ if n not in ("codes", "names", "works")}
        return RunBatch(self.codes, tuple(self.names[i] for i in kept), works=self.works, **arrays)


def _questions(run: RecordedRun) -> tuple[Inquiry, ...]:
    first, *others = (tuple(answer.inquiry for answer in look.answers) for look in run.looks)
    if any(other != first for other in others):
        raise ConfigurationError(f"{run.truth.name} was not asked the same questions at every look")
    return first


def _parents(row: Sequence[Inquiry]) -> list[int]:
    """Index of what each question follows; -1 for a probe's own."""
    index = {inquiry.question: i for i, inquiry in enumerate(row)}
    parents = (parent_of(inquiry.question) for inquiry in row)
    return [-1 if parent is None else index[parent] for parent in parents]


def _answer(recorded: RecordedAnswer) -> list[float]:
    """What comes of a question in the game; of one that nobody has asked as little as of one that failed."""
    inquiry = recorded.inquiry
    return answer(recorded.outcome or Failed(inquiry.code, inquiry.site, UNWRITTEN))


def _onset(run: RecordedRun) -> int:
    onset = run.truth.onset
    steps = [look.step for look in run.looks]
    return next((i for i, s in enumerate(steps) if onset is not None and s >= onset), len(steps))
