"""Seeded messages like those of a city: categories, points and words spread over the federation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from common.contracts.envelope import Headers, derived_id
from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, MessageReceived
from common.federation.country import EPOCH, Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.category_words import channel_categories
from common.rulebook.placement import BY_HAND, Placed, Where, place
from common.rulebook.release import NATIONAL
from shapely import Point
from shapely.geometry.base import BaseGeometry

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
    def _rulebook(self) -> ReleaseBook:
        return ReleaseBook(self._federation.base_releases())

    @cached_property
    def _reports(self) -> list[tuple[str, tuple[float, float]]]:
        """What is said where: every category at the points of every area where the rulebook places it unasked."""
        found = []
        for area, points in self._points.items():
            where = Where(area, self._federation.region_of_area(area) or NATIONAL, BY_HAND)
            rulebook = self._rulebook.in_force(where.region, EPOCH)
            for given in self._categories:
                if isinstance(place("", given, where, rulebook), Placed):
                    found += [(given, point) for point in points]
        return found

    @cached_property
    def _categories(self) -> list[str]:
        return list(channel_categories(r for r in self._federation.base_releases() if r.layer == NATIONAL))

    @cached_property
    def _points(self) -> dict[str, list[tuple[float, float]]]:
        borders = self._federation.borders.newest
        return {
            area: list(self._inside(shape))
            for area, shape in zip(borders.areas, borders.tree.geometries, strict=True)
        }  # fmt: skip

    def _inside(self, shape: BaseGeometry) -> Iterator[tuple[float, float]]:
        west, south, east, north = shape.bounds
        found = 0
        while found < POINTS_AN_AREA:
            point = Point(self._draw.uniform(west, east), self._draw.uniform(south, north))
            if shape.contains(point):
                yield round(point.y, 6), round(point.x, 6)
                found += 1

    def message(self, name: str, at: datetime) -> MessageReceived:
        """One message that opens a case; `name` is its conversation."""
        given, (lat, lon) = self._draw.choice(self._reports)
        text = ". ".join(self._draw.sample(WORDS, 2))
        return MessageReceived(
            conversation=name, contact=Contact(address=f"{name}@example.org", name="A Citizen"), text=text,
            category=given, place=Place(lat=lat, lon=lon), sent_at=at, synthetic=True,
        )  # fmt: skip

    def records(self, prefix: str, count: int, at: datetime) -> Iterator[tuple[bytes, Headers, bytes]]:
        """Key, headers and body of `count` messages for an inbound topic."""
        kind = MessageReceived.type.encode()
        for number in range(count):
            name = derived_id(prefix, str(number))
            body = self.message(name, at).model_dump_json(exclude_none=True).encode()
            headers: Headers = [("ce_id", name.encode()), ("ce_source", b"world"), ("ce_type", kind)]
            yield name.encode(), headers, body
