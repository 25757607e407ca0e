"""Lenses on disk: one safetensors file whose metadata say what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from forewarn.errors import IntegrityError, StoreError
from forewarn.lenses.affine import Affines
from forewarn.lenses.lens_set import LensSet, SiteQuality
from forewarn.reading import is_format, parse
from forewarn.records import StreamSite
from forewarn.store.digest import canonical
from forewarn.store.files import make_folder, refused, replacing
from forewarn.store.tensors import tensor_digest

FORMAT: Final = 2
"""Version of the metadata; another version is refused."""
KEY: Final = "forewarn.lenses"
MAPS: Final = ("forwards", "retrodictions", "generations")


def save(path: Path, lens_set: LensSet) -> None:
    """Write a lens set as a whole or not at all. StoreError when the system refuses."""
    tensors = {name: t.float().contiguous() for name, t in _tensors(lens_set).items()}
    about = {
        "format": FORMAT,
        "sites": [str(site) for site in lens_set.sites],
        "vocab": len(lens_set.embedding),
        "width": lens_set.width,
        "digest": lens_set.digest,
        "readout": lens_set.readout,
        "tokens": lens_set.tokens,
        "quality": [{**asdict(q), "site": str(q.site)} for q in lens_set.quality],
        "sha256": {name: tensor_digest(t) for name, t in tensors.items()},
    }
    try:
        make_folder(path.parent)
    except OSError as error:
        raise refused(path.parent, error) from error
    with replacing(path) as unfinished:
        save_file(tensors, unfinished, metadata={KEY: canonical(about)})


def load(path: Path, readout: str | None = None) -> LensSet:
    """Read a lens set. `readout`: that of the model it is meant for.

    Names, dtypes and shapes are checked before any tensor is read, digests afterwards.

    Raises:
        IntegrityError: the file is not what `save` writes, or its lenses belong to another readout.
        StoreError: it cannot be read.
    """
    if path.is_symlink() or not path.is_file():
        raise IntegrityError(f"{path} is missing or no regular file; a lens set was wanted")
    try:
        with safe_open(path, framework="pt") as file:
            about = _about(path, file.metadata())
            if readout is not None and about["readout"] != readout:
                raise IntegrityError(
                    f"{path} holds lenses for the readout {about['readout'][:12]}…; the model's norm and "
                    f"unembedding are {readout[:12]}…. Fit lenses for this model."
                )
            _check_shapes(path, file, about)
            tensors = {name: file.get_tensor(name) for name in _shapes(about)}
    except SafetensorError as error:
        raise IntegrityError(f"{path} is no safetensors file: {error}") from error
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error}") from error
    for name, tensor in tensors.items():
        if tensor_digest(tensor) != about["sha256"].get(name):
            raise IntegrityError(f"{path}: {name!r} is not what was written: its digest differs")
    return _lens_set(about, tensors)


def _tensors(lens_set: LensSet) -> dict[str, Float[Tensor, "..."]]:
    maps: dict[str, Affines] = {name: getattr(lens_set, name) for name in MAPS}
    found = {f"{name}.{part}": getattr(of, part) for name, of in maps.items() for part in ("weight", "bias")}
    return {**found, "betas": lens_set.betas, "embedding": lens_set.embedding}


def _shapes(about: Mapping[str, Any]) -> dict[str, list[int]]:
    sites, width = len(about["sites"]), about["width"]
    found = {f"{name}.weight": [sites, width, width] for name in MAPS}
    found |= {f"{name}.bias": [sites, width] for name in MAPS}
    return {**found, "betas": [sites], "embedding": [about["vocab"], width]}


def _about(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """What the metadata say, once it is known to be sound."""
    try:
        about = parse((metadata or {})[KEY])
        if not is_format(about["format"], FORMAT):
            raise IntegrityError(
                f"{path} holds lenses in format {about['format']!r}; this version reads format {FORMAT}"
            )
        texts = [about["digest"], about["readout"], *about["sites"]]
        counts = [about["width"], about["vocab"], about["tokens"]]
        sound = all(isinstance(t, str) for t in texts) and all(type(c) is int and c > 0 for c in counts)
        sites = [StreamSite.parse(site) for site in about["sites"]]
        sound = sound and bool(sites) and sites == sorted(set(sites)) and isinstance(about["sha256"], dict)
        [_quality(row) for row in about["quality"]]
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"{path} says nothing sound about its lenses: {error!r}") from error
    if not sound:
        raise IntegrityError(f"{path} says nothing sound about its lenses")
    return dict(about)


def _check_shapes(path: Path, file: Any, about: Mapping[str, Any]) -> None:
    wanted, names = _shapes(about), set(file.keys())
    if names != set(wanted):
        raise IntegrityError(f"{path} holds {sorted(names)}; a lens set is {sorted(wanted)}")
    for name, shape in wanted.items():
        held = file.get_slice(name)
        if held.get_shape() != shape or held.get_dtype() != "F32":
            raise IntegrityError(
                f"{path}: {name!r} is {held.get_dtype()} {held.get_shape()}; wanted F32 {shape}"
            )


def _lens_set(about: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> LensSet:
    return LensSet(
        sites=tuple(StreamSite.parse(site) for site in about["sites"]),
        digest=about["digest"],
        readout=about["readout"],
        tokens=about["tokens"],
        betas=tensors["betas"],
        embedding=tensors["embedding"],
        quality=tuple(_quality(row) for row in about["quality"]),
        **{name: Affines(tensors[f"{name}.weight"], tensors[f"{name}.bias"]) for name in MAPS},
    )


def _quality(row: Mapping[str, Any]) -> SiteQuality:
    return SiteQuality(**{**row, "site": StreamSite.parse(row["site"])})
