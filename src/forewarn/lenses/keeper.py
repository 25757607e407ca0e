"""Lenses over a training run: fitted when they must be, kept while they serve."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from forewarn.errors import ConfigurationError, IntegrityError
from forewarn.lenses.files import load, save
from forewarn.lenses.fitting.data import gather_scored, sites_of
from forewarn.lenses.fitting.fit import fit
from forewarn.lenses.fitting.quality import output_kl
from forewarn.lenses.lens_set import LensSet
from forewarn.lenses.settings import FitSettings
from forewarn.reading import read_json
from forewarn.store.digest import is_digest
from forewarn.store.files import refused, write_atomically
from forewarn.subjects.prompts import Prompts
from forewarn.subjects.quiet import undisturbed
from forewarn.subjects.subject import Subject

TOLERANCE: Final = 0.1
"""A lens is fitted again once its mean held-out KL has risen by this share; docs/research/lenses.md says why."""
LAST: Final = "last"
MOST_BYTES: Final = 10_000
"""Of a file that says whose lenses served a snapshot."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """What a keeper gave, and why."""

    lens_set: LensSet
    how: str
    """"stored": loaded for this digest; "kept": the last one still serves; "fitted": from scratch or again."""
    tried_kl: float | None
    """Mean held-out KL of the last lens on this snapshot, in nats; None where it was not tried."""


@final
class LensKeeper:
    """Gives the lenses for each look of a run. Mutable: it remembers what it gave last.

    A lens that is stored for a snapshot's digest is loaded and never fitted again, so that a replay reads what
    the look read. Otherwise the last lens is tried on the held-out prompts, and fitted again, from where it
    stands, when it has become worse than it was at its own fit by more than `tolerance`.
    """

    def __init__(
        self,
        folder: Path | None = None,
        settings: FitSettings | None = None,
        tolerance: float = TOLERANCE,
    ) -> None:
        """`folder`: where lenses are stored, RUN/lenses; nowhere by default. `tolerance`: relative, of mean KL."""
        if tolerance < 0:
            raise ConfigurationError(f"the tolerance of a lens keeper is not negative; found {tolerance}")
        self._folder, self._settings, self._tolerance = folder, settings or FitSettings(), tolerance
        self.last: Served | None = None
        self._owners: dict[str, str] | None = None

    def lens(self, subject: Subject, prompts: Prompts, held_out: Prompts) -> LensSet:
        """The lenses for this subject. Raises what `fit`, `save` and `load` raise."""
        self.last = self._stored(subject) or self._tried(subject, prompts, held_out)
        return self.last.lens_set

    def owner(self, digest: str) -> str | None:
        """Digest of the snapshot whose lenses served another; None where nothing is stored for that one.

        Raises IntegrityError where what is stored names none.
        """
        return self._pointed(digest)

    def forget(self, digest: str) -> None:
        """Remove what is stored for a snapshot that is gone, and the lenses that no snapshot needs any more.

        Raises StoreError when the system refuses.
        """
        if self._folder is None or not self._folder.is_dir():
            return
        owners = self._owners_in(self._folder)
        try:
            (self._folder / f"{digest}.json").unlink(missing_ok=True)
            owner = owners.pop(digest, None)
            if owner is not None and owner not in owners.values():
                self._file(owner).unlink(missing_ok=True)
        except OSError as error:
            self._owners = None
            raise refused(self._folder, error) from error

    def _owners_in(self, folder: Path) -> dict[str, str]:
        """Whose lenses each name points to: read once, when lenses that a kill has left without a name go too."""
        if self._owners is not None:
            return self._owners
        names = [path.stem for path in folder.glob("*.json") if "." not in path.stem]
        owners = {name: owner for name in names if (owner := self._pointed(name)) is not None}
        try:
            for path in folder.glob("*.safetensors"):
                if path.stem not in owners.values():
                    path.unlink()
        except OSError as error:
            raise refused(folder, error) from error
        self._owners = owners
        return owners

    def _stored(self, subject: Subject) -> Served | None:
        digest = subject.digest
        if self.last is not None and is_digest(digest) and self.last.lens_set.digest == digest:
            return Served(self.last.lens_set, "stored", None)
        owner = self._pointed(digest) if is_digest(digest) else None
        return None if owner is None else Served(self._loaded(owner, subject), "stored", None)

    def _loaded(self, owner: str, subject: Subject) -> LensSet:
        """The lenses fitted on a digest; on the subject's own, they must be for its readout."""
        found = load(self._file(owner), subject.unembedder().digest() if owner == subject.digest else None)
        found.check(subject)
        return found

    def _tried(self, subject: Subject, prompts: Prompts, held_out: Prompts) -> Served:
        old = self._earlier(subject)
        if old is None:
            return self._fitted(subject, prompts, held_out, None, None)
        with undisturbed(subject.device):
            sample = gather_scored(subject, prompts, held_out, self._settings)
            found = output_kl(subject.unembedder(), old.forwards, sample.states)
        now = float(found[:-1].mean()) if len(found) > 1 else 0.0
        if now <= (1.0 + self._tolerance) * old.kl:
            self._point(subject.digest, old.digest)
            return Served(old, "kept", now)
        return self._fitted(subject, prompts, held_out, old, now)

    def _fitted(
        self, subject: Subject, prompts: Prompts, held_out: Prompts, warm: LensSet | None, now: float | None
    ) -> Served:
        found = fit(subject, prompts, held_out, warm, self._settings)
        if self._folder is not None and is_digest(found.digest):
            save(self._file(found.digest), found)
            self._point(found.digest, found.digest)
        return Served(found, "fitted", now)

    def _earlier(self, subject: Subject) -> LensSet | None:
        """The last lens, where it fits the model and was fitted at the sites that are wanted."""
        found = self.last.lens_set if self.last is not None else None
        owner = self._pointed(LAST) if found is None else None
        if owner is not None:
            found = load(self._file(owner))
        if found is None or found.sites != sites_of(subject, self._settings):
            return None
        found.check(subject)
        return found

    def _file(self, digest: str) -> Path:
        return (self._folder or Path()) / f"{digest}.safetensors"

    def _point(self, digest: str, owner: str) -> None:
        """Write down whose lenses served a snapshot, and that they are the last."""
        if self._folder is None or not (is_digest(digest) and is_digest(owner)):
            return
        for name in (digest, LAST):
            write_atomically(self._folder / f"{name}.json", json.dumps({"lenses": owner}) + "\n")
            if self._owners is not None:
                self._owners[name] = owner

    def _pointed(self, name: str) -> str | None:
        """Whose lenses are written down under a name; None where nothing is."""
        if self._folder is None or not (path := self._folder / f"{name}.json").is_file():
            return None
        try:
            owner = read_json(path, MOST_BYTES, path.parent)["lenses"]
        except (KeyError, TypeError, IntegrityError) as error:
            raise IntegrityError(f"{path} does not name a snapshot's lenses: {error!r}") from error
        if not is_digest(owner):
            raise IntegrityError(f"{path} names {owner!r}; the digest of a snapshot was wanted")
        return str(owner)
