"""What a helper's folder says of it: what it asks, what it may spend, where it comes from, how often it errs."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass

from safetensors.torch import save

from forewarn.errors import StoreError
from forewarn.helpers.fixed import Exhaustive, FixedOrder, Random
from forewarn.helpers.learned import Learned
from forewarn.helpers.network import Network
from forewarn.helpers.policy import Allowance, Helper
from forewarn.store.codec import encode
from forewarn.store.digest import canonical, is_digest, text_digest

_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}(/[A-Za-z0-9_-]{1,32})?")
MOST_CODES = 256
WIDEST = 512


@dataclass(frozen=True, slots=True)
class Order:
    """A fixed order of probes (`helpers.FixedOrder`)."""

    order: tuple[str, ...]
    waits: bool
    least: float = 0.0
    """Passes that a look must have before its first question."""

    @property
    def codes(self) -> tuple[str, ...]:
        """What it may ask."""
        return self.order


@dataclass(frozen=True, slots=True)
class Net:
    """A network (`helpers.Learned`), whose weights lie beside."""

    codes: tuple[str, ...]
    """Probes that have a column of their own; nothing else is asked."""
    width: int
    heads: int
    sha256: str
    """Of the file of weights."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of runs; the interval is Clopper-Pearson's, and None without runs."""

    count: int
    n: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Errors:
    """Both kinds of error, measured on runs that it has not learned from."""

    on: str
    """Which runs, in words."""
    false_alarm: float
    """The promised chance of an alarm over an honest run at which both were measured."""
    false_alarms: Rate
    misses: Rate
    passes: float
    """Forward passes over the audit set that the mean look took."""


@dataclass(frozen=True, slots=True)
class Origin:
    """From what it was made, and how to make it again."""

    command: str
    seed: int
    table: str
    """Digest of the recorded table; empty where there was none."""
    level: str
    """What the auditor knew."""
    seeds: tuple[int, ...]
    """Of the litters that it learned from."""
    runs: int
    """That it learned from, or was chosen on."""
    traces: int
    """Inspections of people that it was cloned from."""
    forewarn: str
    """Version that made it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of it. StoreError on construction where parts do not fit."""

    name: str
    policy: Order | Net
    budget: float
    """Forward passes over the audit set that each look adds; infinite for no bound."""
    carry_over: float
    """Most that may be saved for later looks."""
    origin: Origin
    errors: tuple[Errors, ...]

    def __post_init__(self) -> None:
        codes = self.policy.codes
        if not codes or len(codes) > MOST_CODES or len(set(codes)) < len(codes):
            raise StoreError(f"a helper asks from 1 to {MOST_CODES} probes, each named once; found {codes}")
        if strange := [code for code in codes if not _CODE.fullmatch(code)]:
            raise StoreError(
                f"{strange[0]!r} is no code of a probe; wanted one such as latent-policy or "
                "latent-policy/composure"
            )
        if not self.name.strip() or len(self.name) > 100:
            raise StoreError(f"a helper has a name of at most 100 letters; found {self.name!r}")
        if not self.budget > 0.0 or not self.carry_over >= 0.0:
            raise StoreError(
                f"the budget is positive and what may be saved is not negative; found {self.budget}, "
                f"{self.carry_over}"
            )
        if isinstance(self.policy, Net):
            _check_sizes(self.policy)

    @property
    def allowance(self) -> Allowance:
        """What its looks may spend."""
        return Allowance(self.budget, self.carry_over)

    @property
    def digest(self) -> str:
        """Of all that decides what is asked: the same helper has the same, whatever it is called."""
        return _digest(self.policy, self.budget, self.carry_over)


def identity(helper: Helper, budget: float, carry_over: float) -> str:
    """Digest of all that decides what a helper asks; empty for one of the user's own making."""
    policy = _described(helper)
    return "" if policy is None else _digest(policy, budget, carry_over)


def weights_file(network: Network) -> bytes:
    """A network's weights as they are stored; the same weights give the same bytes."""
    return save({name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()})


def policy_of(helper: FixedOrder | Learned) -> Order | Net:
    """What a sheet says of it."""
    if isinstance(helper, FixedOrder):
        return Order(helper.order, helper.waits, float(helper.least))
    sizes = helper.network.sizes
    digest = hashlib.sha256(weights_file(helper.network)).hexdigest()
    return Net(tuple(sizes.codes), sizes.width, sizes.heads, digest)


def _described(helper: Helper) -> object | None:
    own = getattr(helper, "sheet", None)
    if isinstance(own, Sheet):
        return own.policy
    if isinstance(helper, FixedOrder | Learned):
        return policy_of(helper)
    return helper if isinstance(helper, Exhaustive | Random) else None


def _digest(policy: object, budget: float, carry_over: float) -> str:
    carried = 0.0 if math.isinf(budget) else float(carry_over)
    return text_digest(
        canonical({"policy": encode(policy), "budget": encode(float(budget)), "carry_over": encode(carried)})
    )


def _check_sizes(net: Net) -> None:
    if not (1 <= net.width <= WIDEST and 1 <= net.heads <= net.width and net.width % net.heads == 0):
        raise StoreError(
            f"a network is from 1 to {WIDEST} wide, and its heads divide its width; found width {net.width}, "
            f"{net.heads} heads"
        )
    if not is_digest(net.sha256):
        raise StoreError(f"the weights are named by a SHA-256; found {net.sha256!r}")
