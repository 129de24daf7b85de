"""All places by category and where they lie: a report belongs to the nearest one, if one is near enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from reflex.ground import Flat, flat
from reflex.loops.recurrence.place import Place, place_key

CELL_M = 60.0
AROUND = (-1, 0, 1)


Square: TypeAlias = tuple[str, int, int]
"""Category, column and row of the grid by which places are found."""


class Places:
    """By leaders: the first report makes a place, later ones within the radius of it belong to it, wherever the lines
    of the grid run."""

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self.by_key: dict[str, Place] = {}
        self._squares: dict[Square, list[Place]] = {}
        for place in sorted(places, key=lambda place: place.key):
            self.put(place)

    def put(self, place: Place) -> None:
        self.by_key[place.key] = place
        self._squares.setdefault(_square(place.category, place.flat), []).append(place)

    def remove(self, place: Place) -> None:
        del self.by_key[place.key]
        square = _square(place.category, place.flat)
        self._squares[square] = [found for found in self._squares[square] if found is not place]
        if not self._squares[square]:
            del self._squares[square]

    def nearest(self, category: str, lat: float, lon: float, radius_m: float) -> Place | None:
        """The place within the radius that is nearest; of equally near ones the first by key."""
        best, least = None, radius_m * radius_m
        for place, squared in self._around(category, flat(lat, lon), radius_m):
            nearer = best is None or squared < least or (squared == least and place.key < best.key)
            if squared <= least and nearer:
                best, least = place, squared
        return best

    def beside(self, place: Place, radius_m: float) -> list[Place]:
        """Places of its category that may share a report with it, itself among them."""
        reach = 2 * radius_m
        return [p for p, squared in self._around(place.category, place.flat, reach) if squared <= reach * reach]

    def make(self, category: str, lat: float, lon: float, region: str, area: str, authority: str) -> Place:
        """A new one at a point; the one that is there, if its six decimals are the same."""
        known = self.by_key.get(place_key(category, lat, lon))
        if known is not None:
            return known
        made = Place(category, round(lat, 6), round(lon, 6), region, area, authority)
        self.put(made)
        return made

    def _around(self, category: str, at: Flat, reach_m: float) -> Iterator[tuple[Place, float]]:
        """Places in the squares that a circle may touch, with their squared distance."""
        _, column, row = _square(category, at)
        wide = AROUND if reach_m <= CELL_M else range(-int(reach_m // CELL_M) - 1, int(reach_m // CELL_M) + 2)
        for dx in wide:
            for dy in wide:
                for place in self._squares.get((category, column + dx, row + dy), ()):
                    yield place, (place.x - at.x) ** 2 + (place.y - at.y) ** 2


def _square(category: str, at: Flat) -> Square:
    return category, int(at.x // CELL_M), int(at.y // CELL_M)
