"""The live model around a look: the copy is held against it, and nothing of it may move."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, final

from torch import Tensor, nn

from forewarn.records import Reason, ReasonCode
from forewarn.subjects.copying.extras import unsaved_state
from forewarn.subjects.copying.fingerprint import Fingerprint
from forewarn.subjects.opening import Opener

log = logging.getLogger("forewarn")


@final
class LiveGuard:
    """Mutable: remembers what the model was like when its copy was last held against it."""

    def __init__(self) -> None:
        self._checked: tuple[Any, ...] | None = None
        self.moved: Reason | None = None
        """Why the last look counts as missed although it was taken; None where it left the model alone."""

    def check_like(self, module: nn.Module, opener: Opener, weights: Mapping[str, Tensor]) -> None:
        """Check the copy by logits at the first look, and whenever something changed that no snapshot holds.

        At every look where the copy left out hooks that it could not run.

        `weights`: the snapshot that was just taken of the module.

        Raises:
            SubjectError: the copy is not the model.
        """
        now = unsaved_state(module)
        if now != self._checked or not opener.proved:
            opener.check_like(module, weights)
            self._checked = now

    @contextmanager
    def watching(self, module: nn.Module, step: int) -> Iterator[None]:
        """Tell in `moved`, and aloud, whether what is done inside moved the model or the process around it."""
        self.moved, before = None, Fingerprint.of(module)
        try:
            yield
        finally:
            if changed := before.moved(Fingerprint.of(module)):
                self._tell(changed, step)

    def _tell(self, changed: tuple[str, ...], step: int) -> None:
        words = (
            f"the look changed what it looks at: {'; '.join(changed)}. What training does from here on is not "
            "what it would have done. Does a probe, a tokenizer or a hook act on the model that is trained?"
        )
        log.error("forewarn at step %d: %s", step, words)
        self.moved = Reason(ReasonCode.DISTURBED, words)
