"""A federation is learnt whole from any log, the same each time, and wrong only where it was asked to be."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from common.rulebook import NO_UNIT, Rulebook
from common.rulebook.layers import Layer
from world.areas import group_areas
from world.csvfile import LogError
from world.ground_truth import Truth
from world.learn import learn_federation
from world.learn_rules import PlantError
from world.log import LogRow
from world.plan import Named, Plan, Plant, Planted, slug

START = datetime(2011, 7, 1, 14, tzinfo=UTC)
YARDS = Plan(
    subdivision="MA",
    authorities=(
        Named(id="yard-a", title="Yard A", area="A", texts=("Yard A*",)),
        Named(id="yard-b", title="Yard B", area="B", texts=("Yard B*",)),
        Named(id="lighting", title="Lighting", texts=("Lights",)),
        Named(id="signals", title="Signals", texts=("Signals",)),
    ),
    unknown_ends=("Pending*",),
)


def two_yards(count: int = 240) -> list[LogRow]:
    """Potholes go to the yard of their half of the town, street lights to lighting; some are pending."""
    draw = random.Random(7)
    rows = []
    for i in range(count):
        lon = -71.0 + draw.random() * 0.1
        lat = 42.0 + draw.random() * 0.1
        half = "A" if lon < -70.95 else "B"
        pothole = i % 3 != 0
        queue = f"Yard {half}: Town" if pothole else ("Pending contractor" if i % 15 == 0 else "Lights")
        opened = START + timedelta(hours=i)
        rows.append(
            LogRow(
                case_id=f"{i:04}",
                opened=opened,
                due=opened + timedelta(days=2) if pothole else None,
                type="Pothole" if pothole else "Street Light",
                queue=queue,
                neighborhood=f"{half} side",
                lat=lat,
                lon=lon,
            )
        )
    return rows


def digest(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return hashlib.sha256(b"".join(str(p.relative_to(folder)).encode() + p.read_bytes() for p in files)).hexdigest()


def rulebook(folder: Path, region: str) -> Rulebook:
    releases = {r.layer: r for r in Truth.load(folder).federation.base_releases()}
    return Rulebook(Layer(releases["national"]), Layer(releases[region]))


def learn(folder: Path, rows: list[LogRow], plan: Plan | None = None, plant: Planted | None = None) -> Truth:
    learn_federation(rows, folder, name="town", timezone="America/New_York", plan=plan, plant=plant)
    return Truth.load(folder)


def test_the_same_log_gives_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    rows = two_yards()
    learn(tmp_path / "one", rows, YARDS)
    learn(tmp_path / "two", rows[::-1], YARDS)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_borders_separate_the_yards_and_the_rules_follow_them(tmp_path: Path) -> None:
    truth = learn(tmp_path, two_yards(), YARDS)
    for lon, area in ((-70.99, "A"), (-70.91, "B")):
        found = truth.federation.locate(42.05, lon, START)
        assert found is not None
        assert found.area == area
        decision = rulebook(tmp_path, found.region).decide(
            "jurisdiction", {"category": "pothole", "area": area}, NO_UNIT
        )
        assert decision is not None
        assert decision.outputs["authority"] == f"yard-{area.lower()}"


def test_the_truth_knows_unknown_ends(tmp_path: Path) -> None:
    rows = two_yards()
    truth = learn(tmp_path, rows, YARDS)
    ends = {r.queue: truth.authority(r) for r in rows}
    assert ends == {
        "Yard A: Town": "yard-a",
        "Yard B: Town": "yard-b",
        "Lights": "lighting",
        "Pending contractor": None,
    }


def test_a_case_without_a_point_has_the_area_of_its_neighbourhood(tmp_path: Path) -> None:
    rows = two_yards()
    truth = learn(tmp_path, rows, YARDS)
    assert truth.area(replace(rows[0], lat=None, lon=None, neighborhood="B side")) == "B"
    assert truth.area(replace(rows[0], lat=None, lon=None, neighborhood="Elsewhere")) is None


def test_published_terms_become_working_minutes_and_the_rest_the_laws(tmp_path: Path) -> None:
    tuesday = datetime(2011, 7, 5, 14, tzinfo=UTC)
    rows = two_yards()
    dated = [replace(r, opened=tuesday, due=tuesday + timedelta(days=2)) if r.due else r for r in rows]
    learn(tmp_path, dated, YARDS.model_copy(update={"learn_until": START + timedelta(days=30)}))
    rules = rulebook(tmp_path, "region-1")
    terms = [rules.decide("deadline", {"category": c, "priority": 1}, NO_UNIT) for c in ("pothole", "street-light")]
    minutes = [d.outputs["answer_minutes"] for d in terms if d is not None]
    assert minutes == [960, 21 * 480]


def test_planted_rows_are_wrong_where_asked_counted_and_nowhere_else(tmp_path: Path) -> None:
    rows = two_yards()
    plant = Planted(
        rows=(
            Plant(category="pothole", areas=("A",), right="yard-a", wrong="yard-b"),
            Plant(category="street-light", areas=("A", "B"), national=True, right="lighting", wrong="signals"),
        )
    )
    truth = learn(tmp_path, rows, YARDS, plant)
    to = {
        (category, area): decision.outputs["authority"]
        for category in ("pothole", "street-light")
        for area in ("A", "B")
        if (decision := rulebook(tmp_path, str(truth.federation.region_of_area(area))).decide(
            "jurisdiction", {"category": category, "area": area}, NO_UNIT
        ))
    }  # fmt: skip
    assert to == {
        ("pothole", "A"): "yard-b",
        ("pothole", "B"): "yard-b",
        ("street-light", "A"): "signals",
        ("street-light", "B"): "signals",
    }
    cell = truth.planted_by_cell[("pothole", "A")]
    assert cell.cases == sum(truth.authority(r) == "yard-a" and truth.area(r) == "A" for r in rows)
    assert 0 < cell.later_cases < cell.cases
    lights = [r.point for r in rows if r.queue == "Lights"]
    inside = sum(p is not None and truth.federation.locate(*p, START) is not None for p in lights)
    assert sum(p.cases for p in truth.log.planted if p.layer == "national") == inside


def test_a_row_that_is_not_as_the_plan_thinks_is_not_planted(tmp_path: Path) -> None:
    plant = Planted(rows=(Plant(category="pothole", areas=("A",), right="lighting", wrong="yard-b"),))
    with pytest.raises(PlantError, match="pothole in A: the rule learnt is yard-a, not lighting"):
        learn(tmp_path, two_yards(), YARDS, plant)


def test_a_queue_that_the_plan_forgot_is_named(tmp_path: Path) -> None:
    rows = [*two_yards(), LogRow(case_id="new", opened=START, queue="Ministry of Walks")]
    with pytest.raises(LogError, match="Ministry of Walks"):
        learn(tmp_path, rows, YARDS)


@pytest.mark.parametrize(
    "left_out",
    [
        {"lat": None, "lon": None},
        {"lat": None, "lon": None, "neighborhood": ""},
        {"type": ""},
        {"queue": ""},
        {"due": None},
        {"lat": None, "lon": None, "neighborhood": "", "type": "", "queue": "", "due": None},
    ],
    ids=["no points", "no places", "no types", "no authorities", "no deadlines", "times alone"],
)
def test_a_log_that_leaves_columns_out_still_gives_a_federation(tmp_path: Path, left_out: dict[str, Any]) -> None:
    rows = [replace(r, **left_out) for r in two_yards(60)]
    truth = learn(tmp_path, rows)
    federation = truth.federation
    assert federation.regions
    assert federation.authorities
    for row in rows:
        area, authority = truth.area(row), truth.authority(row)
        assert area is not None
        assert federation.has_category(truth.category(row))
        region = federation.region_of_area(area)
        assert region is not None
        decision = rulebook(tmp_path, region).decide(
            "jurisdiction", {"category": truth.category(row), "area": area}, NO_UNIT
        )
        assert decision is not None
        assert federation.authority(str(decision.outputs["authority"])) is not None
        assert authority is None or federation.authority(authority) is not None


def test_a_log_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="without rows"):
        learn(tmp_path, [])


def test_areas_fall_into_at_most_so_many_regions_each_in_one() -> None:
    labelled = [(f"{i:02}", (42.0 + i / 100, -71.0)) for i in range(11) for _ in range(i + 1)]
    groups = group_areas(labelled, 4)
    assert len(groups) == 4
    assert sorted(a for g in groups for a in g.areas) == sorted({a for a, _ in labelled})


def test_ids_of_other_scripts_do_not_fall_together() -> None:
    assert slug("Уборка снега") != slug("Ямы на дорогах")
    assert slug("Уборка снега") == "uborka-snega"
    assert slug("Ёлка и Дом №5") == "yolka-i-dom-no5"
    assert slug("Школа №5") != slug("Больница №5")
    assert slug("道路 5") != slug("街灯 5")
    assert slug("道路 5").startswith("5-")
    assert slug("!!!").startswith("other-")
    assert slug("Árbol caído") == "arbol-caido"
    assert slug("Street Light Outages") == "street-light-outages"
