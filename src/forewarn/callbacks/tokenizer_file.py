"""The run's tokenizer beside its ledger, so that whoever looks into it later reads words."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from forewarn.audit.wording import TOKENIZER
from forewarn.errors import StoreError
from forewarn.store.files import write_atomically

log = logging.getLogger("forewarn")


def keep_tokenizer(run: Path, tokenizer: Any | None) -> None:
    """Write the fast tokenizer inside a tokenizer of transformers as RUN/tokenizer.json; others are left aside.

    Nothing that is measured needs it: where the system refuses, a warning is all that comes of it.
    """
    to_str = getattr(getattr(tokenizer, "backend_tokenizer", None), "to_str", None)
    if to_str is None or (run / TOKENIZER).exists():
        return
    try:
        write_atomically(run / TOKENIZER, to_str())
    except StoreError as error:
        log.warning("forewarn could not keep the tokenizer: %s", error)
