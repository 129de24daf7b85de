"""Seeded messages like those of a city: categories, points and words spread over the federation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from common.envelope import Headers, derived_id
from common.events.base import Place
from common.events.channel import Contact, MessageReceived
from common.federation import Federation
from common.rulebook.cells import OneOf
from common.rulebook.jdm import parse_table
from shapely import Point

WORDS = (
    "there is a deep hole in the road in front of the school and cars drive around it on the pavement",
    "the street light has been dark for a week and the crossing cannot be seen at night",
    "rubbish was not collected on our street although the bins have been out since the morning",
    "rats run between the bins behind the restaurant and nobody answers the telephone there",
    "a branch broke in the storm and hangs over the footpath where children walk",
    "the traffic signal turns green for both directions for a moment, somebody will be hurt",
)
POINTS_AN_AREA = 40


class Citizens:
    """Makes messages; the same seed makes the same ones."""

    def __init__(self, federation: Federation, seed: int) -> None:
        self._federation = federation
        self._draw = random.Random(seed)

    @cached_property
    def _categories(self) -> list[str]:
        national = next(r for r in self._federation.base_releases() if r.layer == "national")
        table = parse_table("category_map", national.tables["category_map"])
        return sorted({str(v) for row in table.rows for t in row.tests if isinstance(t, OneOf) for v in t.values})

    @cached_property
    def _points(self) -> list[tuple[float, float]]:
        found = []
        for shape in self._federation.borders.newest.tree.geometries:
            west, south, east, north = shape.bounds
            inside = 0
            while inside < POINTS_AN_AREA:
                point = Point(self._draw.uniform(west, east), self._draw.uniform(south, north))
                if shape.contains(point):
                    found.append((round(point.y, 6), round(point.x, 6)))
                    inside += 1
        return found

    def message(self, name: str, at: datetime) -> MessageReceived:
        """One message that opens a case; `name` is its conversation."""
        lat, lon = self._draw.choice(self._points)
        text = ". ".join(self._draw.sample(WORDS, 2))
        return MessageReceived(
            conversation=name, contact=Contact(address=f"{name}@example.org", name="A Citizen"), text=text,
            category=self._draw.choice(self._categories), place=Place(lat=lat, lon=lon), sent_at=at, synthetic=True,
        )  # fmt: skip

    def records(self, prefix: str, count: int, at: datetime) -> Iterator[tuple[bytes, Headers, bytes]]:
        """Key, headers and body of `count` messages for an inbound topic."""
        kind = MessageReceived.type.encode()
        for number in range(count):
            name = derived_id(prefix, str(number))
            body = self.message(name, at).model_dump_json(exclude_none=True).encode()
            headers: Headers = [("ce_id", name.encode()), ("ce_source", b"bench"), ("ce_type", kind)]
            yield name.encode(), headers, body
