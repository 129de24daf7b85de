"""What a series counts."""

from __future__ import annotations

from typing import NamedTuple

from common.contracts.events.reflex.forecasts import SeriesKind

CATEGORY: SeriesKind = "category"
AREA: SeriesKind = "area"


class Name(NamedTuple):
    """A category or area by its id; the total and the other categories have no name."""

    what: SeriesKind
    name: str = ""

    def text(self) -> str:
        return f"{self.what}|{self.name}"

    @classmethod
    def of(cls, text: str) -> Name:
        what, _, name = text.partition("|")
        return cls(what, name)  # type: ignore[arg-type]


TOTAL = Name("total")
OTHERS = Name("other_categories")
