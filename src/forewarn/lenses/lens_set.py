"""All lenses of one snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.lenses.affine import Affine, Affines
from forewarn.lenses.quality import SiteQuality
from forewarn.lenses.retrodiction import Retrodiction
from forewarn.records import StreamSite
from forewarn.subjects.subject import Subject


@final
@dataclass(frozen=True, slots=True, eq=False)
class LensSet:
    """At each of some sites: forward lens, retrodiction lens in two forms, generative map. CPU, float32."""

    sites: tuple[StreamSite, ...]
    """In the stream's order; the last site of the model is among them."""
    digest: str
    """Snapshot that they were fitted on."""
    readout: str
    """SHA-256 of its final norm and unembedding."""
    tokens: int
    """Number of tokens that they were fitted on."""
    forwards: Affines
    """T_s, from each site into the last one's basis."""
    retrodictions: Affines
    """R_s of the classifier."""
    betas: Float[Tensor, " site"]
    """The classifier's sharpness at each site."""
    regressions: Affines
    """Least squares state -> embedding of the input token."""
    generations: Affines
    """Least squares embedding of the input token -> state."""
    embedding: Float[Tensor, "v d"]
    """E: every token's embedding as the first block sees it."""
    quality: tuple[SiteQuality, ...]
    """On held-out tokens, by site."""

    @property
    def width(self) -> int:
        """d."""
        return self.embedding.shape[1]

    def forward(self, site: StreamSite) -> Affine:
        """T_s: h -> (I + W) h + b, read by the model's own norm and unembedding; the identity at the last site."""
        return self.forwards[self._index(site)]

    def retrodict(self, site: StreamSite) -> Retrodiction:
        """The input token as a classifier's answer."""
        raise NotImplementedError

    def regress(self, site: StreamSite) -> Affine:
        """R_s: the input token's embedding by least squares."""
        return self.regressions[self._index(site)]

    def generate(self, site: StreamSite) -> Affine:
        """B_s: the mean state that a token's embedding comes with, by least squares."""
        return self.generations[self._index(site)]

    def logits(self, subject: Subject, site: StreamSite, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n v"]:
        """What the tuned lens reads at a site: `subject.read_logits(forward(site)(h))`."""
        return subject.read_logits(self.forward(site)(h))

    def _index(self, site: StreamSite) -> int:
        if site not in self.sites:
            raise ConfigurationError(
                f"there is no lens at {site}; sites are {', '.join(map(str, self.sites))}"
            )
        return self.sites.index(site)
