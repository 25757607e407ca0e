"""Transports by name, for a snapshot that is being looked into."""

from __future__ import annotations

from typing import final

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.inspect.opened import Opened
from forewarn.inspect.request import TRANSPORTS
from forewarn.lenses import MomentsFitter
from forewarn.lenses.transports import Identity, Jacobian, LayerMaps, Transport, regression, tuned
from forewarn.records import StreamSite
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.subject import Subject


def transport_named(opened: Opened, name: str) -> Transport:
    """A transport over the audit set's contexts.

    Raises:
        ConfigurationError: no such transport; names those there are.
        NotApplicableError: it takes lenses, and the model can have none.
    """
    if name == "identity":
        return Identity()
    if name == "jacobian":
        return Jacobian(opened.subject, opened.contexts())
    if name == "tuned":
        return tuned(LayerMaps.of(opened.lenses))
    if name == "regression":
        return regression(PairMoments(opened.subject, opened.contexts()))
    raise ConfigurationError(f"a transport is one of {', '.join(TRANSPORTS)}; found {name!r}")


@final
class PairMoments:
    """Covariances of states at two sites over all positions of some prompts, gathered when they are asked for."""

    def __init__(self, subject: Subject, prompts: Prompts) -> None:
        self._subject, self._prompts = subject, prompts
        self._known: dict[tuple[StreamSite, StreamSite], Tensor] = {}

    def covariance(self, first: StreamSite, second: StreamSite) -> Float[Tensor, "d d"]:
        """E[(h_first - mean)(h_second - mean)^T]."""
        if (first, second) not in self._known:
            sites = sorted({first, second})
            fitter = MomentsFitter(sites, self._subject.width, {(first, second)})
            fitter.update(self._subject.states(self._prompts, sites))
            self._known[first, second] = fitter.moments().covariance(first, second)
        return self._known[first, second]
