"""All releases that are known, and which of them are in force when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

from common.rulebook.errors import ReleaseMissing
from common.rulebook.layers import Layer, Rulebook
from common.rulebook.release import NATIONAL, Release


class ReleaseBook:
    """What is in force is a function of the time asked, not of the order of arrival."""

    def __init__(self, releases: Iterable[Release] = ()) -> None:
        self._releases: dict[str, dict[int, Release]] = {}
        self._layers: dict[tuple[str, int], Layer] = {}
        self._timelines: dict[str, tuple[list[datetime], list[int]]] = {}
        self._rulebooks: dict[tuple[int, str, int], Rulebook] = {}
        self.added = 0
        """How often it has grown: what it said before, it says until it grows."""
        for release in releases:
            self.add(release)

    def add(self, release: Release) -> None:
        """Learn a release; one already known is left as it is."""
        self._timelines.pop(release.layer, None)
        self._releases.setdefault(release.layer, {}).setdefault(release.number, release)
        self.added += 1

    @property
    def layers(self) -> tuple[str, ...]:
        """Those of which a release is known, by name."""
        return tuple(sorted(self._releases))

    def head(self, layer: str) -> Release | None:
        """The release with the highest number, in force or not."""
        known = self._releases.get(layer)
        return known[max(known)] if known else None

    def releases(self, layer: str) -> list[Release]:
        """Every known release of a layer, newest first."""
        known = self._releases.get(layer, {})
        return [known[number] for number in sorted(known, reverse=True)]

    def number_at(self, layer: str, now: datetime) -> int | None:
        """The highest number whose time has come."""
        times, numbers = self._timeline(layer)
        place = bisect_right(times, now)
        return numbers[place - 1] if place else None

    def changes_next(self, region: str, now: datetime) -> datetime | None:
        """When another rulebook than now is in force in a region, as far as is known; None: never."""
        later = (self._timeline(layer)[0] for layer in dict.fromkeys((NATIONAL, region)))
        nexts = [times[place] for times in later if (place := bisect_right(times, now)) < len(times)]
        return min(nexts, default=None)

    def _timeline(self, layer: str) -> tuple[list[datetime], list[int]]:
        """From when on which number is the highest whose time has come."""
        found = self._timelines.get(layer)
        if found is None:
            times: list[datetime] = []
            numbers: list[int] = []
            for release in sorted(self._releases.get(layer, {}).values(), key=lambda r: (r.effective_at, r.number)):
                if not numbers or release.number > numbers[-1]:
                    times.append(release.effective_at)
                    numbers.append(release.number)
            found = self._timelines[layer] = (times, numbers)
        return found

    def in_force(self, region: str, now: datetime) -> Rulebook:
        """The rulebook of a region at a time, of NATIONAL that of the nation alone.

        Raises ReleaseMissing when no national release is in force.
        """
        national = self.number_at(NATIONAL, now)
        if national is None:
            raise ReleaseMissing(f"no national release in force at {now.isoformat()} is known here yet")
        return self._rulebook(national, region, None if region == NATIONAL else self.number_at(region, now))

    def get(self, tag: str) -> Rulebook:
        """The rulebook of a tag such as `national:1+north:2`; raises ReleaseMissing."""
        numbers = {layer: number for layer, _, number in (part.partition(":") for part in tag.split("+"))}
        if NATIONAL not in numbers:
            raise ReleaseMissing(f"release tag {tag!r} names no national release")
        for layer, number in numbers.items():
            if not number.isdigit() or int(number) not in self._releases.get(layer, {}):
                raise ReleaseMissing(f"release {layer}:{number} is not known here yet")
        region = next((layer for layer in numbers if layer != NATIONAL), "")
        return self._rulebook(int(numbers[NATIONAL]), region, int(numbers[region]) if region else None)

    def _rulebook(self, national: int, region: str, overlay: int | None) -> Rulebook:
        key = (national, region if overlay is not None else "", overlay or 0)
        found = self._rulebooks.get(key)
        if found is None:
            over = self._layer(region, overlay) if overlay is not None else None
            found = self._rulebooks[key] = Rulebook(self._layer(NATIONAL, national), over)
        return found

    def _layer(self, layer: str, number: int) -> Layer:
        key = (layer, number)
        if key not in self._layers:
            self._layers[key] = Layer(self._releases[layer][number])
        return self._layers[key]
