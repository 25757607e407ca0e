"""What is known of the lenses of one site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from forewarn.records import StreamSite


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
