"""Redaction with a model of names.

A batch's texts are read in a thread before the batch is decided, so that the loop goes on meanwhile; what was not read
then is when it is decided. Nothing is said of a text that the model has not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from intake.names import Model, without_names
from intake.redaction import redact


class SecondPass:
    """Patterns first, then names. Holds what it made of the texts of one batch."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._redacted: dict[str, str] = {}

    def begin(self) -> None:
        """Forget the last batch."""
        self._redacted = {}

    async def read(self, texts: Iterable[str]) -> None:
        """Read texts beforehand."""
        new = [text for text in dict.fromkeys(texts) if text not in self._redacted]
        if new:
            self._redacted |= await asyncio.to_thread(lambda: {text: self._strike(text) for text in new})

    def redact(self, text: str) -> str:
        found = self._redacted.get(text)
        return found if found is not None else self._strike(text)

    def _strike(self, text: str) -> str:
        return without_names(redact(text), self._model)
