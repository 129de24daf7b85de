"""Redaction with a second pass for names: a model's for texts in Cyrillic, a list's for English ones.

A batch's texts are read in a thread before the batch is decided, so that the loop goes on meanwhile; what was not read
then is when it is decided. Nothing is said of a text that a configured pass has not read: while the model cannot be
loaded its batch is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from intake.english_names import GivenNames, without_english_names
from intake.name_model import LoadsNames
from intake.names import CYRILLIC, without_names
from intake.redaction import redact


class SecondPass:
    """Patterns first, then names. Holds what it made of the texts of one batch."""

    def __init__(self, model: LoadsNames | None, given: GivenNames | None = None) -> None:
        """Without a model texts in Cyrillic go by patterns alone, without `given` all others do."""
        self._model = model
        self._given = given
        self._redacted: dict[str, str] = {}

    def begin(self) -> None:
        """Forget the last batch."""
        self._redacted = {}

    async def read(self, texts: Iterable[str]) -> None:
        """Read texts beforehand. Raises TransientError where the model for them cannot be loaded now."""
        new = [text for text in dict.fromkeys(texts) if text not in self._redacted]
        if new:
            self._redacted |= await asyncio.to_thread(lambda: {text: self._strike(text) for text in new})

    def redact(self, text: str) -> str:
        found = self._redacted.get(text)
        return found if found is not None else self._strike(text)

    def _strike(self, text: str) -> str:
        clean = redact(text)
        if self._model is not None and CYRILLIC.search(clean):
            clean = without_names(clean, self._model.names())
        return clean if self._given is None else without_english_names(clean, self._given)
