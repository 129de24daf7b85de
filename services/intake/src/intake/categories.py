"""The categories that a channel may name now."""

from __future__ import annotations

from collections.abc import Sequence

from common.releases import Releases
from common.rulebook.vocabulary import channel_categories


class Categories:
    """Worked out anew when a layer has a new release."""

    def __init__(self, releases: Releases, layers: Sequence[str]) -> None:
        self._releases = releases
        self._layers = layers
        self._numbers: list[int] = []
        self._found: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        """In order; empty as long as no release is known here."""
        heads = [head for layer in self._layers if (head := self._releases.book.head(layer)) is not None]
        numbers = [head.number for head in heads]
        if numbers != self._numbers:
            self._numbers, self._found = numbers, channel_categories(heads)
        return self._found
