"""The categories that a channel may name now, and what is meant by what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from common.contracts.seen_text import as_seen
from common.federation.country import Category, Federation
from common.messaging.release_cache import Releases
from common.rulebook.category_words import words_and_codes


class Categories:
    """Worked out anew when a layer has a new release."""

    def __init__(self, releases: Releases, layers: Sequence[str]) -> None:
        self._releases = releases
        self._layers = layers
        self._numbers: list[int] = []
        self._codes: Mapping[str, str] = {}
        self._found: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        """The words of the rulebook's map, in order; empty as long as no release is known here."""
        self._read()
        return self._found

    def codes(self) -> Mapping[str, str]:
        """Each of these words with its category's code, in the order of layers and rows; the same object as long as no
        release is new."""
        self._read()
        return self._codes

    def _read(self) -> None:
        heads = [head for layer in self._layers if (head := self._releases.book.head(layer)) is not None]
        numbers = [head.number for head in heads]
        if numbers != self._numbers:
            codes: dict[str, str] = {}
            for words, code in words_and_codes(heads):
                codes.setdefault(words, code)
            self._numbers, self._codes, self._found = numbers, codes, tuple(sorted(codes))


class KnownCategories:
    """What may be named on internal topics: categories of the rulebook's map, and the federation's by code or title in
    any language. Texts are compared as people see them."""

    def __init__(self, federation: Federation, categories: Categories) -> None:
        self._federation = federation
        self._categories = categories
        self._last: Mapping[str, str] | None = None
        self._meant: Mapping[str, str] = {}

    def __call__(self, said: str) -> str | None:
        """The category in words that the rulebook's map knows, else by code or title as the federation writes it; None
        where nobody knows what is said."""
        codes = self._categories.codes()
        if codes is not self._last:
            self._last, self._meant = codes, meanings(codes, self._federation.categories)
        return said if said in codes else self._meant.get(as_seen(said))


def meanings(codes: Mapping[str, str], categories: Iterable[Category]) -> Mapping[str, str]:
    """By what people see: the word of the map (`codes` has its category) that is meant. A code or a title means the
    first word of its category, itself where the map has none."""
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for words, code in codes.items():
        found.setdefault(as_seen(words), words)
        first.setdefault(code, words)
    for category in categories:
        for name in (category.code, category.title, *category.titles.values()):
            found.setdefault(as_seen(name), first.get(category.code, name))
    return found
