"""Helpers on disk: a folder with helper.json, the weights of a network, a calibration and a card."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast, final

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor

from forewarn.errors import IntegrityError, StoreError
from forewarn.helpers.fixed import FixedOrder
from forewarn.helpers.learned import Learned
from forewarn.helpers.network import Network, Sizes
from forewarn.helpers.policy import Inquiry, Situation
from forewarn.helpers.sheet import Net, Sheet, weights_file
from forewarn.reading import is_format, parse, read_bytes, text_of
from forewarn.store.codec import decode, encode
from forewarn.store.digest import canonical, text_digest
from forewarn.store.files import refused, write_atomically

FORMAT: Final = 2
HELPER, WEIGHTS, CALIBRATION, CARD = "helper.json", "helper.safetensors", "calibration.json", "card.md"
LARGEST_SHEET: Final = 200_000
LARGEST_WEIGHTS: Final = 20_000_000
"""Bytes; a larger file is not read."""
SHIPPED: Final = Path(__file__).with_name("default")


@final
@dataclass(frozen=True, slots=True, eq=False)
class StoredHelper:
    """A helper with what its folder says of it."""

    sheet: Sheet
    policy: FixedOrder | Learned
    folder: Path | None = None
    """Where it was read from."""

    @property
    def name(self) -> str:
        """See `Helper`."""
        return self.sheet.name

    @property
    def calibration(self) -> Path | None:
        """The file of the calibration that lies beside it; None where none does."""
        path = None if self.folder is None else self.folder / CALIBRATION
        return path if path is not None and path.is_file() else None

    def next(self, situation: Situation) -> Inquiry | None:
        """What its policy picks; a probe that it has never met is not asked."""
        codes = frozenset(self.sheet.policy.codes)
        if all(inquiry.code in codes for inquiry in situation.open):
            return self.policy.next(situation)
        return self.policy.next(replace(situation, open=tuple(i for i in situation.open if i.code in codes)))


def save(folder: Path, sheet: Sheet, network: Network | None = None) -> None:
    """Write helper.json, and a network's weights before it. StoreError where the system refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(folder, error) from error
    if network is not None:
        write_atomically(folder / WEIGHTS, weights_file(network))
    plain = {"format": FORMAT, "digest": sheet.digest, "helper": encode(sheet)}
    whole = {**plain, "sha256": text_digest(canonical(plain))}
    write_atomically(folder / HELPER, _spelt(whole))


def load(folder: Path) -> StoredHelper:
    """Read a helper's folder.

    Raises:
        StoreError: it is none, or not one that this version reads.
        IntegrityError: a file is not what was written.
    """
    sheet = _sheet(folder / HELPER)
    policy = sheet.policy
    if isinstance(policy, Net):
        network = _network(folder / WEIGHTS, policy)
        return StoredHelper(sheet, Learned(network, sheet.name), folder)
    return StoredHelper(sheet, FixedOrder(policy.order, sheet.name, policy.waits, policy.least), folder)


def shipped() -> StoredHelper:
    """The helper that comes with the package."""
    return load(SHIPPED)


def _sheet(path: Path) -> Sheet:
    plain, text = _plain(path)
    if not is_format(plain.get("format"), FORMAT):
        raise StoreError(f"{path}: found format {plain.get('format')!r}; this forewarn reads format {FORMAT}")
    if set(plain) != {"format", "digest", "helper", "sha256"}:
        raise StoreError(f"{path}: wanted are format, digest, helper and sha256; found {sorted(plain)}")
    rest = {name: value for name, value in plain.items() if name != "sha256"}
    if text_digest(canonical(rest)) != plain["sha256"] or _spelt(plain) != text:
        raise IntegrityError(
            f"{path}: the content is not what its sha256 says. It was changed after it was written: restore it, "
            "or make the helper again."
        )
    sheet = cast(Sheet, decode(plain["helper"], Sheet, str(path)))
    if sheet.digest != plain["digest"]:
        raise IntegrityError(
            f"{path}: names the digest {plain['digest']!r}; that of what it holds is {sheet.digest}"
        )
    return sheet


def _spelt(whole: dict[str, Any]) -> str:
    return json.dumps(whole, indent=1, sort_keys=True) + "\n"


def _plain(path: Path) -> tuple[dict[str, Any], str]:
    """The object in a file, and its text."""
    try:
        text = text_of(_bytes(path, LARGEST_SHEET), str(path))
        found = parse(text)
    except (ValueError, IntegrityError) as error:
        raise StoreError(
            f"{path} is no JSON ({error}); wanted is what `forewarn helper train` writes"
        ) from error
    if not isinstance(found, dict):
        raise StoreError(f"{path}: wanted a JSON object; found {type(found).__name__}")
    return found, text


MAKE = "Make one with `forewarn helper train` or `clone`."


def _bytes(path: Path, most: int) -> bytes:
    try:
        return read_bytes(path, most)
    except StoreError as error:
        raise StoreError(
            f"{path.parent} is no helper's folder: {path.name} cannot be read ({error}). "
            + ("Unzip it first." if path.parent.suffix == ".zip" else MAKE)
        ) from error


def _network(path: Path, net: Net) -> Network:
    raw = _bytes(path, LARGEST_WEIGHTS)
    if (found := hashlib.sha256(raw).hexdigest()) != net.sha256:
        raise IntegrityError(
            f"{path} has SHA-256 {found[:12]}…, {HELPER} says {net.sha256[:12]}…: not its weights"
        )
    network = Network(Sizes(net.codes, net.width, net.heads))
    network.load_state_dict(_tensors(raw, path, network))
    return network.requires_grad_(False).eval()


def _tensors(raw: bytes, path: Path, network: Network) -> dict[str, Tensor]:
    try:
        tensors = load_tensors(raw)
    except (SafetensorError, ValueError, KeyError) as error:
        raise StoreError(f"{path} is no file of safetensors: {error}") from error
    wanted = {name: (value.dtype, value.shape) for name, value in network.state_dict().items()}
    found = {name: (value.dtype, value.shape) for name, value in tensors.items()}
    if found != wanted:
        odd = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise StoreError(f"{path}: {', '.join(odd)} are not of the sizes that {HELPER} gives")
    if not all(math.isfinite(float(value.abs().max())) for value in tensors.values()):
        raise StoreError(f"{path} holds weights that are not finite numbers")
    return tensors
