"""What a tuned transport is made of: for each site, linear maps into a basis that all sites share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.lenses.lens_set import LensSet
from forewarn.records import StreamSite

_BySite = Mapping[StreamSite, Float[Tensor, "r d"]]


@dataclass(frozen=True, slots=True, eq=False)
class LayerMaps:
    """Linear parts of the two lenses at each site; either may be left out, and then only the other is kept to.

    Whatever the rows stand for, they stand for it at every site: `forward` maps into the last site's basis,
    `retro` into the input embedding's.
    """

    forward: _BySite | None
    """T_s, from a site to the output side; all of one shape."""
    retro: _BySite | None
    """R_s, from a site to the input tokens; all of one shape."""

    def __post_init__(self) -> None:
        given = [maps for maps in (self.forward, self.retro) if maps is not None]
        if not given:
            raise ConfigurationError(
                "a tuned transport takes forward maps, retrodiction maps, or both; found none"
            )
        if len({frozenset(maps) for maps in given}) > 1:
            raise ConfigurationError("forward and retrodiction maps must be given for the same sites")
        shapes = {tuple(m.shape) for m in given[0].values()}, {tuple(m.shape) for m in given[-1].values()}
        if any(len(each) != 1 for each in shapes):
            raise ConfigurationError(
                f"all maps of one lens have one shape; found {sorted(map(sorted, shapes))}"
            )

    @staticmethod
    def of(lens_set: LensSet, use: Literal["both", "forward", "retro"] = "both") -> LayerMaps:
        """The linear parts of a fitted lens set: forward lens, retrodiction classifier, or both."""
        forward = {site: lens_set.forward(site).weight for site in lens_set.sites}
        retro = {site: lens_set.retrodict(site).affine.weight for site in lens_set.sites}
        return LayerMaps(None if use == "retro" else forward, None if use == "forward" else retro)

    @property
    def sites(self) -> tuple[StreamSite, ...]:
        """Where there are maps, in the stream's order."""
        return tuple(sorted(self.forward if self.forward is not None else self.retro or ()))

    def stack(self, site: StreamSite) -> Float[Tensor, "r d"]:
        """[T_s; R_s] in float64, or the one that is there.

        Raises:
            ConfigurationError: the lenses were not fitted at this site.
        """
        if site not in self.sites:
            raise ConfigurationError(
                f"no lens was fitted at {site}; there are lenses at {', '.join(map(str, self.sites))}"
            )
        return torch.cat([maps[site].double() for maps in (self.forward, self.retro) if maps is not None])

    def weighted(
        self, forward: Float[Tensor, "v d"] | None = None, retro: Float[Tensor, "v d"] | None = None
    ) -> LayerMaps:
        """The same with only differences counting that tokens can show: rows U D_f T_s and E R_s.

        `forward`: the folded unembedding U D_f; `retro`: the centred embedding. Each is scaled to a mean squared
        singular value of 1 and cut down to d rows, which changes nothing in a least-squares fit.
        """
        return replace(self, forward=_through(forward, self.forward), retro=_through(retro, self.retro))


def _through(rows: Float[Tensor, "v d"] | None, maps: _BySite | None) -> _BySite | None:
    if rows is None or maps is None:
        return maps
    # |U D T v| = |R T v| for U D = Q R: d rows measure the same lengths as v rows do.
    factor = torch.linalg.qr(rows.double(), mode="r").R
    factor = factor * (factor.shape[1] / factor.square().sum()).sqrt()
    return {site: factor @ each.double() for site, each in maps.items()}
