"""A region's state as rows: most of a day's work changes little of what is known, and only that is written again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from reflex.loops.prediction.days import DAY
from reflex.loops.prediction.names import AREA, CATEGORY, Name
from reflex.loops.prediction.region import BEHIND, COUNTS, MADE, RESTING, SCORED, WHOLE, Region
from reflex.loops.prediction.series import Series

Rows = dict[str, dict[str, Any] | None]


def rows(region: Region) -> Rows:
    """What changed since the last call, by key; None for days that are gone."""
    changed, region.changed = region.changed, set()
    found = {_key(region.id, kind, day): _body(region, kind, day) for kind, day in changed}
    return dict(sorted(found.items()))


def _key(region: str, kind: str, day: date | None) -> str:
    return f"{kind}|{region}" if day is None else f"{kind}|{region}|{day.isoformat()}"


def _body(region: Region, kind: str, day: date | None) -> dict[str, Any] | None:
    if kind == WHOLE:
        return _whole(region)
    if kind == RESTING:
        return region.resting.body()
    assert day is not None
    if kind == COUNTS:
        counts = region.days.get(day)
        return None if counts is None else {"counts": counts}
    if kind == BEHIND:
        return region.resting.day_body(day)
    if kind == MADE:
        return region.waiting.body(day)
    return region.scores.body(day)


def _whole(region: Region) -> dict[str, Any]:
    return {
        "id": region.id, "open": region.open.isoformat(), "known": region.known, "singles": region.singles,
        "areas": region.areas, "chosen_at": region.chosen_at,
        "series": {name.text(): one.body() for name, one in region.series.items()},
        "mix": region.mix, "tails": region.tails,
    }  # fmt: skip


def regions(state: Mapping[str, Mapping[str, Any]]) -> dict[str, Region]:
    """By id, from saved rows, among which may be those of other things."""
    found: dict[str, Region] = {}
    for key, body in state.items():
        if key.startswith(f"{WHOLE}|"):
            region = _region(body)
            found[region.id] = region
    for key in sorted(state):
        kind, _, name = key.partition("|")
        if kind == RESTING:
            found[name].resting.load(state[key])
        elif kind in (COUNTS, BEHIND, MADE, SCORED):
            owner, _, day = name.rpartition("|")
            _load_day(found[owner], kind, date.fromisoformat(day), state[key])
    return found


def _load_day(region: Region, kind: str, day: date, body: Mapping[str, Any]) -> None:
    if kind == COUNTS:
        region.days[day] = body["counts"]
    elif kind == BEHIND:
        region.resting.load_day(day, body)
    elif kind == MADE:
        region.waiting.load(day, body["made"])
    else:
        region.scores.load(day, body["sums"])


def _region(body: Mapping[str, Any]) -> Region:
    found = Region(
        body["id"], date.fromisoformat(body["open"]), body["known"],
        {Name.of(name): Series.of(values) for name, values in body["series"].items()},
        list(body["singles"]), list(body.get("areas", ())), body["chosen_at"],
        {category: dict(areas) for category, areas in body["mix"].items()},
        dict(body["tails"]),
    )  # fmt: skip
    if "waiting" in body:
        _take_apart(found, body)
    return found


def _take_apart(region: Region, body: Mapping[str, Any]) -> None:
    """An earlier version kept all but the days in one row, and every category learnt of each day at once."""
    resting = region.resting
    # All of them were forecast.
    region.areas = sorted(name.name for name in region.series if name.what == AREA)
    for name in [name for name in region.series if name.what == CATEGORY and name.name not in region.singles]:
        resting.series[name.name] = region.series.pop(name)
        resting.mix[name.name] = region.mix.pop(name.name, {})
    forecasts: dict[date, list[Sequence[Any]]] = defaultdict(list)
    for day, waiting in body["waiting"].items():
        for one in waiting:
            forecasts[date.fromisoformat(day) - (one[0] - 1) * DAY].append(one)
    for first, found in forecasts.items():
        region.waiting.load(first, found)
    for day, sums in body["scores"].items():
        region.scores.load(date.fromisoformat(day), sums)
    region.changed |= {(WHOLE, None), (RESTING, None)}
    region.changed |= {(MADE, first) for first in region.waiting.made}
    region.changed |= {(SCORED, day) for day, sums in region.scores.days.items() if sums}
