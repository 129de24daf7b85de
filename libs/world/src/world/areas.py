"""Areas from a log's own columns, and regions as groups of neighbouring areas."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median

from world.log import PLACES, LogRow
from world.plan import Group

COLUMNS = ("district", "ward", "neighborhood", "zip")
MAX_AREAS = 120
NOWHERE = {"", "0", "unknown", "unspecified", "n/a", "none"}
WHOLE = "all"
"""The one area of a log that says nothing of places."""


def area_column(rows: Sequence[LogRow]) -> str | None:
    """The first column that divides at least half of the log into 2 to 120 areas; None when there is none."""
    for name in COLUMNS:
        values = Counter(v for r in rows if (v := stated_area(r, name)) is not None)
        if 2 <= len(values) <= MAX_AREAS and values.total() * 2 >= len(rows):
            return name
    return None


def stated_area(row: LogRow, column: str | None) -> str | None:
    """The area that the log's column says; without a column, the whole."""
    if column is None:
        return WHOLE
    if column not in PLACES:
        raise ValueError(f"{column} is not a column of places; there are {', '.join(PLACES)}")
    value: str = getattr(row, column)
    return None if value.lower() in NOWHERE else value


def group_areas(labelled: Sequence[tuple[str, tuple[float, float] | None]], most_regions: int) -> list[Group]:
    """Up to so many regions of about equal load: halved along the longer side where points are known, else by name."""
    load = Counter(area for area, _ in labelled)
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for area, point in labelled:
        if point is not None:
            points[area].append(point)
    centre = {a: (median(p[0] for p in ps), median(p[1] for p in ps)) for a, ps in points.items()}
    pieces = [sorted(load)]
    while len(pieces) < most_regions:
        piece = max(pieces, key=lambda p: (len(p) > 1, sum(load[a] for a in p)))
        if len(piece) < 2:
            break
        pieces.remove(piece)
        pieces += _halves(piece, load, centre)
    pieces.sort(key=lambda p: sorted(p))
    one = len(pieces) == 1
    return [
        Group(
            id="region" if one else f"region-{i}",
            title="The whole" if one else f"Region {i}: {', '.join(sorted(p)[:3])}{' and more' if len(p) > 3 else ''}",
            areas=tuple(sorted(p)),
        )
        for i, p in enumerate(pieces, 1)
    ]


def _halves(piece: list[str], load: Counter[str], centre: dict[str, tuple[float, float]]) -> list[list[str]]:
    placed = [centre[a] for a in piece if a in centre]
    if placed:
        spans = [max(c[i] for c in placed) - min(c[i] for c in placed) for i in (0, 1)]
        axis = 0 if spans[0] >= spans[1] else 1
        edge = max(c[axis] for c in placed)
        ordered = sorted(piece, key=lambda a: (centre[a][axis] if a in centre else edge, a))
    else:
        ordered = sorted(piece)
    total, running, cut = sum(load[a] for a in piece), 0, 1
    for i, area in enumerate(ordered[:-1], 1):
        running += load[area]
        cut = i
        if running * 2 >= total:
            break
    return [ordered[:cut], ordered[cut:]]
