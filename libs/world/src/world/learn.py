"""A whole federation from a city's log: `python -m world.learn --csv LOG --out FOLDER [--plan PLAN]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from common.federation.calendar import CalendarSpec, build_calendar
from common.federation.country import FIRST_YEAR, LAST_YEAR, Federation, load_federation
from common.rulebook.jdm import document_of
from common.rulebook.release import NATIONAL
from pydantic import ValidationError

from world.areas import area_column, group_areas, stated_area
from world.csvfile import LogError
from world.learn_changes import change_tables
from world.learn_rules import (
    PlantError,
    Seen,
    background_rates,
    jurisdiction_rows,
    learn_jurisdiction,
    national_tables,
    with_wrong_rows,
)
from world.log import LogRow, read_log
from world.plan import ON_ORDER, STAFF, Named, Plan, Planted, Yaml, most, slug
from world.voronoi import areas_of, borders_from

FEWEST_OF_AUTHORITY = 5
"""A queue with fewer cases in the whole log is an unknown end, unless a plan names it."""
DEFAULT_CHANNEL = Named(id="web", title="Web form")
CONSENT_FOR = timedelta(days=366)
"""A standing consent holds so long after the log's end."""
MIN_LEARNT = 50
"""A log whose first third holds fewer rows is learnt from whole."""
MAX_CATEGORIES, MAX_CHANNELS = 400, 12
"""The commonest ones; what is rarer is of category `other`, and comes by the default channel."""
OTHER = "other"


class _Learner:
    """What is found out about one log, in the order in which it is needed."""

    def __init__(self, rows: Sequence[LogRow], plan: Plan, planted: Planted | None) -> None:
        self.rows, self.plan, self.planted = rows, plan, planted or Planted()
        self.until = plan.learn_until or _first_part(rows)
        commonest = Counter(r.given for r in rows).most_common()
        self.givens = {given for given, _ in sorted(commonest, key=lambda c: (-c[1], c[0]))[:MAX_CATEGORIES]}
        self.column = _authority_column(rows)
        self.authorities, self.ends = _authorities(rows, self.column, plan)
        self.territory = {a.id: a.area for a in self.authorities if a.area is not None}
        self.area_column = None if self.territory else area_column(rows)
        stated = [self._stated(r) for r in rows]
        early = [i for i, r in enumerate(rows) if r.opened < self.until]
        labelled = [(*p, a) for i in early if (p := rows[i].point) is not None and (a := stated[i]) is not None]
        around = [p for i in early if (p := rows[i].point) is not None]
        self.borders = borders_from(labelled, around, "1970-01-01")
        by_border = areas_of(self.borders, [r.point or (0.0, 0.0) for r in rows])
        self.located = [a if r.point is not None else None for r, a in zip(rows, by_border, strict=True)]
        if not self.borders["features"]:
            self.located = stated
        pairs = zip(stated, self.located, rows, strict=True)
        known = [(a, r.point) for s, b, r in pairs if (a := b or s) is not None]
        self.regions = list(plan.regions) or group_areas(known or [("all", None)], plan.max_regions)
        self.region_of = {area: g.id for g in self.regions for area in g.areas}
        if not self.authorities:
            self.authorities = [Named(id=f"office-{g.id}", title=f"Office of {g.title}") for g in self.regions]
        self.early = [self._seen(i) for i in early]
        self.places = self._places(early)

    def _stated(self, row: LogRow) -> str | None:
        if self.territory:
            return self.territory.get(self.end(row) or "")
        return stated_area(row, self.area_column)

    def end(self, row: LogRow) -> str | None:
        return self.ends.get(getattr(row, self.column)) if self.column is not None else None

    def _seen(self, i: int) -> Seen:
        row, area = self.rows[i], self.located[i]
        end = self.end(row)
        if self.column is None and area is not None:
            end = f"office-{self.region_of[area]}"
        doubled = row.is_duplicate or bool(row.duplicate_of)
        return Seen(self.given(row), area, end, row.opened, row.due, doubled)

    def given(self, row: LogRow) -> str:
        """What the citizen's channel calls it, where it is common enough to be a category of its own."""
        return row.given if row.given in self.givens else OTHER

    def _places(self, early: Sequence[int]) -> dict[str, str]:
        if not self.territory:
            return {}
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for i in early:
            area = self.located[i]
            if area is not None and self.rows[i].neighborhood:
                counts[self.rows[i].neighborhood][area] += 1
        return {name: area for name, c in sorted(counts.items()) if (area := most(c)) is not None}


def _first_part(rows: Sequence[LogRow]) -> datetime:
    """The end of what is learnt from: the first third, or everything where that is little."""
    until = rows[len(rows) // 3].opened
    if sum(r.opened < until for r in rows) >= MIN_LEARNT:
        return until
    return rows[-1].opened + timedelta(seconds=1)


def _authority_column(rows: Sequence[LogRow]) -> Literal["queue", "department"] | None:
    if any(r.queue for r in rows):
        return "queue"
    return "department" if any(r.department for r in rows) else None


def _authorities(rows: Sequence[LogRow], column: str | None, plan: Plan) -> tuple[list[Named], dict[str, str | None]]:
    """The authorities, and every text of the column with the authority it means (None: an unknown end)."""
    if column is None:
        return [], {}
    texts = Counter(str(getattr(r, column)) for r in rows)
    ends: dict[str, str | None] = {}
    if plan.authorities:
        nobody = Named(id="nobody", title="", texts=plan.unknown_ends)
        for text in sorted(texts):
            meant = [a.id for a in plan.authorities if a.means(text)]
            if len(meant) > 1:
                raise LogError(f"{column} {text!r} means {', '.join(meant)} by the plan; let it mean one of them")
            if not meant and not nobody.means(text):
                raise LogError(f"{column} {text!r} is no authority's by the plan; name it there or in unknown_ends")
            ends[text] = meant[0] if meant else None
        return list(plan.authorities), ends
    titles: dict[str, str] = {}
    for text, count in sorted(texts.items()):
        ends[text] = slug(text, "office") if text and count >= FEWEST_OF_AUTHORITY else None
        if ends[text] is not None:
            titles.setdefault(slug(text, "office"), text)
    if not titles:
        text = min((t for t in texts if t), key=lambda t: (-texts[t], t))
        ends[text] = slug(text, "office")
        titles = {slug(text, "office"): text}
    return [Named(id=i, title=t) for i, t in sorted(titles.items())], ends


def learn_federation(
    rows: Sequence[LogRow],
    folder: Path,
    *,
    name: str,
    timezone: str,
    plant: Planted | None = None,
    plan: Plan | None = None,
    times_in: str | None = None,
) -> Federation:
    """Write a federation learnt from a log's early part into a folder, the same bytes each time, and load it.

    `plant`: rows to make wrong on purpose; `plan`: choices a log cannot make; `times_in`: the zone of the log's naive
    times, where it is not the federation's. Raises LogError for a log without rows or a plan that does not fit it,
    PlantError, FederationError.
    """
    if not rows:
        raise LogError("a federation cannot be learnt from a log without rows")
    ordered = sorted(rows, key=lambda r: (r.opened, r.case_id))
    plan = plan or Plan()
    found = _Learner(ordered, plan, plant)
    folder.mkdir(parents=True, exist_ok=True)
    rules = learn_jurisdiction(found.early, found.territory)
    wrong = with_wrong_rows(rules, found.planted)
    channels, channel_of = _channels(ordered, plan)
    _dump(folder / "federation.yaml", _head(found, name, timezone, channels))
    _dump(folder / "authorities.yaml", [_authority(a, found.region_of, plan) for a in found.authorities])
    givens = sorted({found.given(r) for r in ordered})
    titles = {slug(g): g for r in reversed(ordered) if (g := found.given(r))}
    _dump(folder / "categories.yaml", [_category(c, t) for c, t in sorted(titles.items())])
    calendar = _calendar(plan, timezone)
    _dump(folder / "calendars" / "default.yaml", calendar)
    if found.borders["features"]:
        _json(folder / "borders" / "learnt.geojson", found.borders, compact=True)
    working = build_calendar(CalendarSpec.model_validate(calendar), FIRST_YEAR, LAST_YEAR)
    national = national_tables(
        found.early,
        givens,
        wrong,
        working,
        background=background_rates(found.early, found.territory),
        urgent=plan.urgent,
        languages=plan.languages,
    )
    national |= change_tables(len(found.regions), (ordered[-1].opened + CONSENT_FOR).date())
    for table, document in national.items():
        _json(folder / "rulebook" / NATIONAL / f"{table}.json", document)
    for group in found.regions:
        cells = {(c, a): to for (c, a), to in wrong.cells.items() if a in group.areas}
        _json(
            folder / "rulebook" / group.id / "jurisdiction.json",
            document_of("jurisdiction", jurisdiction_rows(cells)),
        )
    _dump(folder / "log.yaml", _log_map(found, times_in or timezone, channel_of, channels))
    return load_federation(folder)


def _channels(rows: Sequence[LogRow], plan: Plan) -> tuple[list[Named], dict[str, str]]:
    texts = sorted({r.channel for r in rows if r.channel})
    if plan.channels:
        found = {t: next((c.id for c in plan.channels if c.means(t)), plan.channels[0].id) for t in texts}
        return list(plan.channels), found
    usual = Counter(r.channel for r in rows if r.channel).most_common()
    usual = sorted(usual, key=lambda c: (-c[1], c[0]))[:MAX_CHANNELS]
    texts = sorted(t for t, _ in usual)
    found = {t: slug(t, "channel") for t in texts}
    titles = {found[t]: t for t in reversed(texts)}
    titles.setdefault(DEFAULT_CHANNEL.id, DEFAULT_CHANNEL.title)
    return [Named(id=i, title=t, staff=bool(STAFF.search(t))) for i, t in sorted(titles.items())], found


def _category(code: str, title: str) -> Yaml:
    return {"code": code, "title": title} | ({"on_order": True} if ON_ORDER.search(title) else {})


def _channel(channel: Named) -> Yaml:
    return {"id": channel.id, "title": channel.title} | ({"staff": True} if channel.staff else {})


def _head(found: _Learner, name: str, timezone: str, channels: Sequence[Named]) -> Yaml:
    plan = found.plan
    people = [{"id": f"desk:{a.id}", "role": "desk", "scope": a.id} for a in found.authorities]
    for group in found.regions:
        people.append({"id": f"operator:{group.id}", "role": "operator", "scope": group.id})
        people.append({"id": f"head:{group.id}", "role": "regional_head", "scope": group.id})
    people.append({"id": "federal:centre", "role": "federal", "scope": "*"})
    return {
        "name": name,
        "title": plan.title or name.replace("-", " ").replace("_", " ").title(),
        "country": plan.country,
        "timezone": timezone,
        "languages": list(plan.languages),
        "source": plan.source or "learnt from a log of service requests",
        "calendar": "default",
        "regions": [
            {"id": g.id, "title": g.title, "areas": list(g.areas), "calendar": "default"} for g in found.regions
        ],
        "channels": [_channel(c) for c in channels],
        "people": people,
    }


def _authority(authority: Named, region_of: dict[str, str], plan: Plan) -> Yaml:
    region = authority.id.removeprefix("office-")
    if authority.area is not None:
        regions = [region_of[authority.area]]
    else:
        regions = [region] if region != authority.id and region in region_of.values() else ["*"]
    found: Yaml = {"id": authority.id, "title": authority.title, "regions": regions, "acceptance": "automatic"}
    if plan.heads is not None:
        found["head"] = {"channel": plan.heads.channel, "address": plan.heads.address.format(id=authority.id)}
    return found


def _calendar(plan: Plan, timezone: str) -> Yaml:
    week = {day: [list(plan.hours)] for day in ("mon", "tue", "wed", "thu", "fri")}
    return {"country": plan.country, "subdivision": plan.subdivision, "timezone": timezone, "weekly": week}


def _log_map(found: _Learner, times_in: str, channel_of: dict[str, str], channels: Sequence[Named]) -> Yaml:
    column = found.column
    default = DEFAULT_CHANNEL.id if any(c.id == DEFAULT_CHANNEL.id for c in channels) else channels[0].id
    return {
        "times_in": times_in,
        "learnt_until": found.until.isoformat(),
        "authority_column": column,
        "authorities": dict(sorted(found.ends.items())),
        "area_column": found.area_column,
        "places": found.places,
        "channels": channel_of,
        "default_channel": default,
        "planted": _planted_cells(found),
        "planted_change": None if (change := found.planted.change) is None else change.model_dump(mode="json"),
    }


def _planted_cells(found: _Learner) -> list[Yaml]:
    whole: Counter[tuple[str, str, str | None]] = Counter()
    later: Counter[tuple[str, str, str | None]] = Counter()
    for row, area in zip(found.rows, found.located, strict=True):
        if area is not None and row.point is not None:
            key = (slug(row.given), area, found.end(row))
            whole[key] += 1
            later[key] += row.opened >= found.until
    return [
        {
            "category": row.category,
            "area": area,
            "layer": NATIONAL if row.national else found.region_of[area],
            "right": row.right,
            "wrong": row.wrong,
            "cases": whole[(row.category, area, row.right)],
            "later_cases": later[(row.category, area, row.right)],
        }
        for row in found.planted.rows
        for area in row.areas
    ]


def _dump(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=118)
    path.write_text(text, encoding="utf-8")


def _json(path: Path, data: Any, compact: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 1}
    text = json.dumps(data, ensure_ascii=False, **shape)
    path.write_text(text + "\n", encoding="utf-8")


class PlanFile(Plan):
    """`learn.yaml` beside a federation: the plan, its name and zones, and what is to be wrong on purpose."""

    name: str
    timezone: str
    times_in: str | None = None
    planted: Planted = Planted()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 2 and one line on stderr when the log, the plan or the folder will not do."""
    parser = argparse.ArgumentParser(prog="python -m world.learn", description="Learn a federation from a log.")
    parser.add_argument("--csv", type=Path, required=True, help="the log, CSV or gzipped CSV")
    parser.add_argument("--out", type=Path, required=True, help="the federation's folder")
    parser.add_argument("--plan", type=Path, help="a plan; by default learn.yaml in the folder, where there is one")
    parser.add_argument("--timezone", default="UTC", help="without a plan: the city's IANA time zone")
    given = parser.parse_args(arguments)
    path: Path = given.plan or given.out / "learn.yaml"
    try:
        if given.plan is not None or path.exists():
            plan = PlanFile.model_validate(yaml.safe_load(path.read_text()))
        else:
            plan = PlanFile(name=slug(given.out.name), timezone=given.timezone)
        times_in = plan.times_in or plan.timezone
        log = read_log(given.csv, times_in)
        federation = learn_federation(
            log.rows,
            given.out,
            name=plan.name,
            timezone=plan.timezone,
            plant=plan.planted,
            plan=plan,
            times_in=times_in,
        )
    except (OSError, yaml.YAMLError, ValidationError, ValueError, PlantError) as error:
        print(f"{given.csv} -> {given.out}: {error}", file=sys.stderr)
        return 2
    print(f"{federation.title}: {len(federation.authorities)} authorities, {len(federation.regions)} regions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
