"""All lenses of one snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor

from forewarn.errors import ConfigurationError
from forewarn.lenses.affine import Affine, Affines
from forewarn.lenses.retrodiction import Retrodiction, table_of
from forewarn.records import StreamSite
from forewarn.subjects.subject import Subject


@final
@dataclass(frozen=True, slots=True)
class SiteQuality:
    """One site's lenses on held-out tokens."""

    site: StreamSite
    identity_kl: float
    """Mean KL(model's output || logit lens), in nats a token."""
    tuned_kl: float
    """Mean KL(model's output || tuned lens), in nats a token."""
    tuned_error: float
    """Standard error of `tuned_kl`, prompts as units (tokens where there is one prompt)."""
    remembered: float
    """Share of tokens whose input the retrodiction lens ranks first among all tokens."""
    remembered_types: float
    """The same, every kind of token weighing the same."""
    n: int
    """Held-out tokens behind these figures."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class LensSet:
    """A forward lens, a retrodiction lens and a generative map at each of some sites; on the CPU, in float32."""

    sites: tuple[StreamSite, ...]
    """In the stream's order; the last site of the model is among them."""
    digest: str
    """Snapshot that they were fitted on."""
    readout: str
    """SHA-256 of its final norm, unembedding and tail."""
    tokens: int
    """Number of distinct states that they were fitted on."""
    forwards: Affines
    """T_s, from each site into the last one's basis."""
    retrodictions: Affines
    """R_s of the classifier."""
    betas: Float[Tensor, " site"]
    """The classifier's sharpness at each site."""
    generations: Affines
    """Least squares embedding of the input token -> state."""
    embedding: Float[Tensor, "v d"]
    """E: every token's embedding as the first block sees it."""
    quality: tuple[SiteQuality, ...]
    """On held-out tokens, by site."""

    @property
    def width(self) -> int:
        """Width of the residual stream."""
        return self.embedding.shape[1]

    @property
    def kl(self) -> float:
        """Mean held-out KL of the forward lens over all sites but the last, in nats; 0 when there is no other."""
        found = [q.tuned_kl for q in self.quality[:-1]]
        return sum(found) / len(found) if found else 0.0

    def forward(self, site: StreamSite) -> Affine:
        """T_s: h -> (I + W) h + b, read by the model's own norm and unembedding; the identity at the last site."""
        return self.forwards[self._index(site)]

    def retrodict(self, site: StreamSite) -> Retrodiction:
        """The input token as a classifier's answer."""
        index = self._index(site)
        return Retrodiction(self.retrodictions[index], float(self.betas[index]), table_of(self.embedding))

    def generate(self, site: StreamSite) -> Affine:
        """B_s: the mean state that a token's embedding comes with, by least squares."""
        return self.generations[self._index(site)]

    def logits(self, subject: Subject, site: StreamSite, h: Float[Tensor, "*n d"]) -> Float[Tensor, "*n v"]:
        """What the tuned lens reads at a site: `subject.read_logits(forward(site)(h))`."""
        return subject.read_logits(self.forward(site)(h))

    def check(self, subject: Subject) -> None:
        """Refuse a subject that these lenses cannot be read with; one of a later snapshot can.

        Raises:
            ConfigurationError: another width, other sites or another number of tokens.
        """
        sites = [site for site in self.sites if site not in subject.sites]
        found = (subject.width, subject.layout.tokens, subject.sites[-1])
        wanted = (self.width, len(self.embedding), self.sites[-1])
        if sites or found != wanted:
            raise ConfigurationError(
                f"these lenses are for width {wanted[0]}, last site {wanted[2]} and {wanted[1]} tokens; "
                f"the model has width {found[0]}, last site {found[2]} and {found[1]} tokens"
                + (f", and no site {', '.join(map(str, sites))}" if sites else "")
            )

    def _index(self, site: StreamSite) -> int:
        if site not in self.sites:
            raise ConfigurationError(
                f"there is no lens at {site}; sites are {', '.join(map(str, self.sites))}"
            )
        return self.sites.index(site)
