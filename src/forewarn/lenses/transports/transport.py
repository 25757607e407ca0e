"""How a direction of one layer's residual stream is written in a later layer's."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.records import StreamSite


class Transport(ABC):
    """A linear map A of directions (weights, steering vectors; not states) from a site to the same or a later one.

    What is written as `v` at `source` shows as `A v` at `target`; what reads `w` at `target` reads `A^T w` of
    `source`. In a residual network the direct path is the identity; a fitted A can only foretell the total effect.
    From a site to itself every transport is the identity. Results have the dtype of the vectors given.
    """

    name: str
    """"identity", "tuned", "regression" or "jacobian"."""

    @abstractmethod
    def push(
        self, vectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """A v for each row.

        Raises:
            ConfigurationError: the target lies before the source, a site is unknown, or the width is another.
        """

    @abstractmethod
    def pull(
        self, covectors: Float[Tensor, "k d"], source: StreamSite, target: StreamSite
    ) -> Float[Tensor, "k d"]:
        """A^T w for each row, w being read at `target` and the result at `source`; errors as for `push`."""

    @abstractmethod
    def spread(self, source: StreamSite, target: StreamSite) -> float:
        """Relative standard deviation of A over contexts: root mean square of |A_c - A| over |A|, Frobenius.

        0 where A does not depend on contexts. NotApplicableError where it was not given what it takes to tell.
        """


def check_pair(source: StreamSite, target: StreamSite) -> None:
    """Refuse a target before the source; ConfigurationError."""
    if target < source:
        raise ConfigurationError(
            f"a transport leads from a site to the same or a later one; found {source} to {target}. To read "
            "backwards use `pull`, which takes covectors from the later site to the earlier one."
        )


def check_vectors(vectors: Float[Tensor, "k d"], width: int) -> None:
    """Refuse what is no list of directions of the stream; ConfigurationError."""
    if vectors.ndim != 2 or vectors.shape[1] != width or not vectors.is_floating_point():
        raise ConfigurationError(
            f"directions are a floating tensor [k, {width}], one a row; found {vectors.dtype} "
            f"{list(vectors.shape)}"
        )


def matrix(transport: Transport, width: int, source: StreamSite, target: StreamSite) -> Float[Tensor, "d d"]:
    """A itself, in float64: column i is what basis direction i becomes."""
    return transport.push(torch.eye(width, dtype=torch.float64), source, target).T
