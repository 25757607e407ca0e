"""Queries and keys: which rows they are, how they turn with position, and whether that explains the weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from forewarn.subjects.anatomy.mixing import QUIET, Mixing, weights
from forewarn.subjects.anatomy.rotary import Rotary
from forewarn.subjects.anatomy.wiring import Feed
from forewarn.subjects.rounding import plain, same

_LOUD = 5.0
"""Size of the scores on which the form is verified: large enough to see a soft cap."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreForm:
    """`score = scale * q . R(s - t) k`."""

    rotary: Rotary | None
    """None: R is the identity."""
    scale: float
    """The factor."""


@dataclass(frozen=True, slots=True, eq=False)
class AttentionScores:
    """Rows of the maps that are queries and keys."""

    queries: Int[Tensor, "h q"]
    """Of each head."""
    keys: Int[Tensor, "h q"]
    """Of each head; heads may share them."""
    form: ScoreForm
    """How they make the score."""


def find_scores(feed: Feed, mixing: Mixing, guess: ScoreForm | None) -> AttentionScores | str:
    """Queries and keys, or in words why the scores are not bilinear in rows.

    `guess`: the form that another block has.
    """
    found = _rows(feed, mixing)
    if isinstance(found, str):
        return found
    queries, keys = found
    harness = _Scoring(feed, mixing, queries, keys)
    if guess is not None and harness.explains(guess):
        return AttentionScores(queries, keys, guess)
    if harness.is_biased():
        return harness.reason("a bias by position is added to the scores (ALiBi)")
    form = harness.measured()
    if form is not None and harness.explains(form):
        return AttentionScores(queries, keys, form)
    return harness.reason("scores are no product of queries with keys that turn with position")


def _rows(feed: Feed, mixing: Mixing) -> tuple[Tensor, Tensor] | str:
    """The rows of queries and keys, by head, from gradients of one weight.

    Of the weight of the first position at the last, the queries at the first position can change nothing.
    """
    n, batch = len(mixing.channels), feed.harness.batch
    is_query = torch.zeros(n, feed.size, dtype=torch.bool)
    is_key = is_query.clone()
    rows = QUIET * feed.random()
    for start in range(0, n, batch):
        # Row i of the batch stands for head i: one backward pass gives the gradients of a batch of heads.
        heads = list(range(start, min(start + batch, n)))
        slope = _slope(feed, rows, mixing, 0, heads)
        first, last = (slope[: len(heads), t] != 0 for t in (0, -1))
        is_key[heads], is_query[heads] = first.cpu(), (last & ~first).cpu()
    # Rows of values have a gradient as values, which says nothing of keys.
    is_key[:, mixing.values.flatten().cpu()] = False
    if int(is_query.sum(0).max()) > 1:
        return "queries of several heads depend on each other (they are normalised together)"
    if not bool(is_query.any()):
        return "the weights depend on no query"
    sizes = {int(x) for x in (*is_query.sum(1), *is_key.sum(1))}
    if len(sizes) != 1 or 0 in sizes:
        return f"queries and keys of one size were wanted; found sizes {', '.join(map(str, sorted(sizes)))}"
    queries, keys = (torch.stack([row.nonzero()[:, 0] for row in x]) for x in (is_query, is_key))
    return queries, keys


def _slope(feed: Feed, rows: Tensor, mixing: Mixing, s: int, heads: list[int]) -> Float[Tensor, "b t r"]:
    """Gradient by the rows of the weight of position s at the last, of one head in each row of the batch."""
    marked = rows.clone()
    values = mixing.values.flatten()
    # With values of 1 at s and 0 elsewhere, what a channel gives is the weight of s itself.
    marked[..., values] = 0.0
    marked[:, s, values] = 1.0
    with torch.enable_grad():
        marked.requires_grad_(True)
        out = feed(marked)[range(len(heads)), -1, mixing.channels[heads, 0]]
        return torch.autograd.grad(out.sum(), marked)[0]


@dataclass(frozen=True, slots=True, eq=False)
class _Scoring:
    """Puts chosen queries and keys into an attention and looks at its weights."""

    feed: Feed
    mixing: Mixing
    queries: Int[Tensor, "h q"]
    keys: Int[Tensor, "h q"]

    def taken(self, rows: Float[Tensor, "b t r"]) -> Float[Tensor, "s b t h"]:
        """The weights of each head."""
        return weights(self.feed, rows, self.mixing.values.flatten())[..., self.mixing.channels[:, 0]]

    def explains(self, form: ScoreForm) -> bool:
        """Whether a form predicts the weights for random queries and keys with large scores."""
        # A score sums q products of two random entries of variance v: its size is scale * v * sqrt(q).
        rows = self.feed.random() * (_LOUD / form.scale / self.queries.shape[1] ** 0.5) ** 0.5
        return same(predicted(form, rows, self.queries, self.keys), self.taken(rows), 2e-3)

    def is_biased(self) -> bool:
        """Whether some positions weigh more although all scores are zero."""
        taken = self.taken(torch.zeros_like(self.feed.random()))
        # Equal scores share the weight of 1 among the positions seen so far.
        seen = torch.arange(1, taken.shape[2] + 1, device=taken.device)
        return not same(taken[0], (1.0 / seen).to(taken)[None, :, None].expand_as(taken[0]), 1e-4)

    def measured(self) -> ScoreForm | None:
        """The form, from the matrix that turns a key one position back into what the query is multiplied with."""
        return form_of(self._matrix().cpu().double())

    def _matrix(self) -> Float[Tensor, "q q"]:
        """Column j: slope of head 0's weight by its query, at zero, when the key one back is the unit vector j."""
        batch, length = self.feed.harness.given.shape[:2]
        width, columns = self.keys.shape[1], list[Tensor]()
        for start in range(0, width, batch):
            units = range(start, min(start + batch, width))
            rows = torch.zeros_like(self.feed.random())
            rows[range(len(units)), -2, self.keys[0, list(units)]] = 1.0
            slope = _slope(self.feed, rows, self.mixing, length - 2, [0] * len(units))
            columns.append(slope[: len(units), -1, self.queries[0]])
        # At equal scores a weight's slope is (1 / T) (1 - 1 / T) times that of its score.
        return torch.cat(columns).T * (length**2 / (length - 1))

    def reason(self, otherwise: str) -> str:
        """Why the scores are not bilinear in queries and keys: what becomes of them when the queries double."""
        rows = QUIET * self.feed.random()
        none, twice = rows.clone(), rows.clone()
        none[..., self.queries], twice[..., self.queries] = 0.0, 2.0 * rows[..., self.queries]
        base, once, double = (self._odds(x) for x in (none, rows, twice))
        if same(once, double, 1e-3):
            return "queries are normalised, so that scores are not linear in them"
        if same(2 * (once - base), double - base, 1e-3):
            return otherwise
        return "scores are not linear in the queries (capped, or normalised in part)"

    def _odds(self, rows: Float[Tensor, "b t r"]) -> Float[Tensor, "b h"]:
        """Log-odds of the first position against the second, at the last."""
        taken = self.taken(rows)[:, :, -1]
        return taken[0].log() - taken[1].log()


def predicted(
    form: ScoreForm, rows: Float[Tensor, "b t r"], queries: Int[Tensor, "h q"], keys: Int[Tensor, "h q"]
) -> Float[Tensor, "s b t h"]:
    """The weights that a form gives to queries and keys, each position seeing itself and those before."""
    q, k, length = rows[..., queries], rows[..., keys], rows.shape[1]
    scores = rows.new_full((length, len(rows), length, len(queries)), float("-inf"))
    for t in range(length):
        for s in range(t + 1):
            turned = k[:, s] if form.rotary is None else form.rotary.turn(k[:, s], s - t)
            scores[s, :, t] = form.scale * (q[:, t] * turned).sum(-1)
    return scores.softmax(0)


def form_of(matrix: Float[Tensor, "q q"]) -> ScoreForm | None:
    """The form whose scores are `q . matrix k` one position back; None where it does not turn pairs."""
    # Turning keeps lengths: every column is as long as the factor.
    scale = float(matrix.square().sum(0).sqrt().mean())
    beside = (matrix - matrix.diag().diag() != 0).nonzero()
    pairs = beside[beside[:, 0] < beside[:, 1]]
    if scale <= 0.0 or len(torch.unique(pairs)) < pairs.numel():
        return None
    first, second = pairs.unbind(1)
    # R(-1) has cos on the diagonal and, for a pair (i, j), sin at (i, j): the frequency is their angle.
    angles = torch.atan2(matrix[first, second], matrix[first, first])
    found = ScoreForm(Rotary(pairs, angles) if len(pairs) else None, _plain(scale))
    unit = torch.eye(len(matrix), dtype=matrix.dtype)
    turned = unit if found.rotary is None else found.rotary.turn(unit, -1).T
    return found if same(found.scale * turned, matrix, 1e-4) else None


def _plain(scale: float) -> float:
    """One over the root of a whole number, when the measured factor is that up to rounding."""
    whole = round(1 / scale**2)
    root = whole**-0.5 if whole else scale
    return root if abs(scale - root) < 1e-5 * scale else plain(scale)
