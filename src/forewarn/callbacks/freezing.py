"""The model that is trained, as a look needs it: its own weights, or averaged ones beside them."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import final

from torch import Tensor, nn

from forewarn.audit.decision import Decision
from forewarn.audit.run import Audit
from forewarn.callbacks.averaged import averaged_weights, fitting
from forewarn.callbacks.guarding import LiveGuard
from forewarn.errors import ConfigurationError
from forewarn.store.digest import snapshot_digest
from forewarn.store.staging import Frozen, Stager, weights_of
from forewarn.store.tensors import tensor_digest
from forewarn.subjects.opening import Opener

log = logging.getLogger("forewarn")

Weights = Mapping[str, Tensor]


@final
class Freezer:
    """Mutable: copies the weights that are read of one live model, into memory that it keeps."""

    def __init__(self, module: nn.Module, opener: Opener) -> None:
        self._module, self._opener, self._stager, self._guard = module, opener, Stager(), LiveGuard()
        self._prefix = f"{opener.layout.decoder}." if opener.layout.decoder else ""

    def look(
        self, audit: Audit, step: int, figures: Mapping[str, float], weights: Weights | None, named: str
    ) -> Decision | None:
        """Have an audit look at these weights, the model's own for None; `named` says which they are.

        A look that moved the model counts as missed. Raises what `Audit.look` raises, and SubjectError where the
        copy that is read is not the model.
        """
        with self.frozen(weights) as frozen:
            if weights is None:
                self._guard.check_like(self._module, self._opener, frozen.tensors)
            with self._guard.watching(self._module, step):
                decision = audit.look(frozen, step, tuple(figures.items()), named)
        moved = self._guard.moved
        blind = None if moved is None else audit.disown(step, moved)
        return decision or blind

    def own(self) -> dict[str, Tensor]:
        """The weights that are read, by name; they share memory with the model."""
        return {n: t for n, t in weights_of(self._module).items() if n.startswith(self._prefix)}

    def other(self, held: object) -> Weights:
        """The same weights as `held` has them, a module or a dictionary of tensors.

        ConfigurationError where the names or the shapes differ.
        """
        weights = fitting(held, self.own(), self._prefix)
        if weights is None:
            raise ConfigurationError(
                f"{type(held).__name__} does not hold the weights that are watched: the names or shapes of its "
                "tensors differ. Give the same model with other weights, such as its exponential moving average."
            )
        return weights

    def averaged(self, owners: Iterable[object], seen: Container[str]) -> Iterator[tuple[str, Weights]]:
        """Averaged weights that `owners` hold, with where they are; `seen` are digests that are left out."""
        try:
            for name, weights in averaged_weights(owners, self.own(), self._prefix):
                digest = self.digest(weights)
                if digest not in seen and digest != self.digest():
                    yield name, weights
        except Exception as error:
            log.warning("forewarn could not look for averaged weights: %s: %s", type(error).__name__, error)

    def digest(self, weights: Weights | None = None) -> str:
        """Of the snapshot that these weights would make, the model's own for None."""
        with self.frozen(weights) as frozen:
            digests = {name: tensor_digest(tensor) for name, tensor in frozen.tensors.items()}
            return snapshot_digest(digests, frozen.aliases)

    def differs(self, digest: str) -> bool:
        """Whether the model's weights are others than those of this snapshot, as after a swap of averaged ones.

        Weights that cannot be read are others.
        """
        try:
            return self.digest() != digest
        except Exception as error:
            log.warning("forewarn could not read the weights at the end: %s: %s", type(error).__name__, error)
            return True

    @contextmanager
    def frozen(self, weights: Weights | None = None) -> Iterator[Frozen]:
        """A copy of these weights, the model's own for None, until the end of the block."""
        frozen = self._stager.freeze(self.own() if weights is None else weights)
        try:
            frozen.wait()
            yield frozen
        finally:
            frozen.release()
