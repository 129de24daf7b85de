"""The cases of one day in one region."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from reflex.loops.prediction.names import AREA, CATEGORY, OTHERS, TOTAL, Name

Cells = dict[str, dict[str, int]]
"""By category and area; what had none is not there."""


@dataclass(slots=True)
class DayCounts:
    """Sums of the cells of a day that is over."""

    total: int = 0
    categories: dict[str, int] = field(default_factory=dict)
    areas: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Cells) -> DayCounts:
        found = cls()
        for category, areas in cells.items():
            found.categories[category] = cases = sum(areas.values())
            found.total += cases
            for area, count in areas.items():
                found.areas[area] = found.areas.get(area, 0) + count
        return found

    def count(self, name: Name, singles: Collection[str]) -> int:
        """Of one series; `singles` are the categories that are forecast by themselves."""
        if name.what == CATEGORY:
            return self.categories.get(name.name, 0)
        if name.what == AREA:
            return self.areas.get(name.name, 0)
        if name == TOTAL:
            return self.total
        assert name == OTHERS
        return self.total - sum(self.categories.get(category, 0) for category in singles)
