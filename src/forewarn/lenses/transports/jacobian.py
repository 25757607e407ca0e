"""The mean derivative of a later state with respect to an earlier one, at the same position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.lenses.transports.nudging import Nudges
from forewarn.lenses.transports.solved import relative_spread
from forewarn.lenses.transports.transport import Transport, check_pair, check_vectors
from forewarn.records import StreamSite
from forewarn.subjects.edits import check_site
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject

PROBES = 16
"""Random directions by which the spread is told where the stream is wider than that."""


@final
class Jacobian(Transport):
    """A = E over contexts of dh_m(t) / dh_l(t): the total effect of a small change, with all else left free.

    Contexts are prompts, each read at one position; earlier positions stay as they are. A few vectors are
    pushed by central differences: two forward passes for each, which give all later sites at once. A few
    covectors are pulled by one backward pass each. When as many vectors are pushed as the stream is wide, they
    give the whole matrix, which is then kept and used. Source: the averaged Jacobian of the Jacobian lens
    (Gurnee et al. 2026), at one position.
    """

    name: str = "jacobian"

    def __init__(self, subject: Subject, prompts: Prompts, positions: Sequence[int] | None = None) -> None:
        """`positions`: one in each prompt, the last by default; what follows it is left away.

        Raises:
            ConfigurationError: no prompt was given, or not one position for each.
        """
        self._subject, self._prompts = subject, cut(prompts, positions)
        self._nudges = Nudges(subject, self._prompts)
        self._whole: dict[tuple[StreamSite, StreamSite], Tensor] = {}
        self._last: dict[StreamSite, tuple[Tensor, Tensor]] = {}

    def push(
        self, vectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """A v for each row; the vectors last pushed from a source are remembered for all targets."""
        self._check(vectors, source, target)
        if source == target:
            return vectors.clone()
        if len(vectors) >= self._subject.width:
            self._fill(source)
        if (source, target) in self._whole:
            made = self._whole[source, target]
            return (vectors.to(made) @ made.T).to(vectors)
        return self._pushed(vectors, source)[self._subject.sites.index(target)].to(vectors)

    def pull(
        self, covectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """A^T w for each row."""
        self._check(covectors, source, target)
        if source == target:
            return covectors.clone()
        if (source, target) in self._whole:
            made = self._whole[source, target]
            return (covectors.to(made) @ made).to(covectors)
        return self._subject.pulled(self._prompts, covectors, source, target).double().mean(0).to(covectors)

    def spread(self, source: StreamSite, target: StreamSite) -> float:
        """Over prompts; by random directions where the stream is wide. Infinite for a single prompt."""
        self._check_sites(source, target)
        if source == target:
            return 0.0
        if len(self._prompts) < 2:
            return float("inf")
        width = self._subject.width
        directions = torch.eye(width, dtype=torch.float64) if width <= PROBES else _signs(width)
        # In a wide stream E|J v|^2 over random signs is |J|^2, so that few directions stand for all.
        return relative_spread(self._nudges.each(directions, source, target))

    def _check(self, vectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite) -> None:
        self._check_sites(source, target)
        check_vectors(vectors, self._subject.width)

    def _check_sites(self, source: StreamSite, target: StreamSite) -> None:
        check_pair(source, target)
        for site in (source, target):
            check_site(site, self._subject.sites)

    def _pushed(self, vectors: Float[Tensor, "k d"], source: StreamSite) -> Float[Tensor, "site k d"]:
        if source in self._last and torch.equal(self._last[source][0], vectors):
            return self._last[source][1]
        found = self._nudges.mean(vectors, source)
        self._last[source] = vectors.clone(), found
        return found

    def _fill(self, source: StreamSite) -> None:
        """Make the whole matrices from a source to every later site."""
        later = [site for site in self._subject.sites if site > source]
        if (source, later[-1]) in self._whole:
            return
        found = self._nudges.mean(torch.eye(self._subject.width, dtype=torch.float64), source)
        for site in later:
            # Row i of what was found is J e_i, a column of A.
            self._whole[source, site] = found[self._subject.sites.index(site)].T


def cut(prompts: Prompts, positions: Sequence[int] | None) -> tuple[tuple[int, ...], ...]:
    """Prompts that end at the positions given.

    Raises:
        ConfigurationError: no prompt, or not one position inside each.
    """
    if not prompts:
        raise ConfigurationError("a Jacobian is a mean over contexts; found no prompt")
    at = [len(prompt) - 1 for prompt in prompts] if positions is None else list(positions)
    if len(at) != len(prompts) or any(not 0 <= k < len(p) for k, p in zip(at, prompts, strict=True)):
        raise ConfigurationError(
            f"give one position inside each of the {len(prompts)} prompts, counted from 0; found {list(at)}"
        )
    return tuple(tuple(prompt[: k + 1]) for k, prompt in zip(at, prompts, strict=True))


def _signs(width: int) -> Float[Tensor, "k d"]:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 2, (PROBES, width), generator=generator).double() * 2 - 1
