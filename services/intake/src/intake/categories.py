"""The categories that a channel may name now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from common.federation.country import Federation
from common.messaging.release_cache import Releases
from common.rulebook.category_words import channel_categories


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


class KnownCategories:
    """What may be named on internal topics: categories of the rulebook's map, and the federation's by code or title."""

    def __init__(self, federation: Federation, named: Callable[[], tuple[str, ...]]) -> None:
        self._standing = frozenset(text for c in federation.categories for text in (c.code, c.title))
        self._named = named
        self._last: tuple[str, ...] = ()
        self._found = self._standing

    def __call__(self) -> frozenset[str]:
        named = self._named()
        if named is not self._last:
            self._last, self._found = named, self._standing | frozenset(named)
        return self._found
