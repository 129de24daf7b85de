"""Counters of areas summed up: for the whole, by region, by area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal.area_counters import MEASURES


def totals_of(tallies: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Each of MEASURES over all of them."""
    found = dict.fromkeys(MEASURES, 0)
    for row in tallies:
        for name in MEASURES:
            found[name] += row[name]
    return found


def by_region(tallies: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a region that has cases, in the order of their ids, with the mean rating."""
    rows = [r for r in tallies if r["region"]]
    found = []
    for region in sorted({r["region"] for r in rows}):
        summed = totals_of(r for r in rows if r["region"] == region)
        rating = summed["stars"] / summed["rated"] if summed["rated"] else None
        found.append({"region": region, **summed, "rating": rating})
    return found


def by_area(tallies: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each area's counters with its region."""
    return {r["area"]: dict(r) for r in tallies if r["area"]}
