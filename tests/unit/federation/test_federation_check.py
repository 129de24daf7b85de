"""Every fault of a federation's folder is said with its file and line before anything starts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from common.contracts.notices import NOTICE_FIELDS
from common.federation.borders import load_borders
from common.federation.calendar import CalendarSpec, build_calendar
from common.federation.check import check_federation, checked_federation
from common.federation.country import FederationError, load_federation
from common.rulebook.jdm import document_of
from otklik.main import app
from typer.testing import CliRunner
from world.notice_texts import SPANISH

ROOT = Path(__file__).parents[3]
SOUND = ROOT / "tests" / "federation"
BOSTON = ROOT / "deploy" / "federations" / "boston"
HEAD, CALENDAR, CATEGORIES = "federation.yaml", "calendars/default.yaml", "categories.yaml"
NATIONS_CALENDAR = (SOUND / HEAD).read_text().splitlines().index("calendar: default") + 1
"""Its line."""
BORDERS, AUTHORITIES = "borders/2011.geojson", "authorities.yaml"
JURISDICTION = "rulebook/north/jurisdiction.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SOUND, tmp_path / "f")
    return tmp_path / "f"


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text, f"{name} holds no {old!r}"
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def drawn(*features: tuple[str, Any], name: str = BORDERS, **also: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        made = [{"type": "Feature", "properties": {"area": a}, "geometry": g} for a, g in features]
        (folder / name).write_text(json.dumps({"type": "FeatureCollection", **also, "features": made}, indent=1))

    return change


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def square(west: float, south: float, size: float = 1.0) -> dict[str, Any]:
    return ring((west, south), (west + size, south), (west + size, south + size), (west, south + size))


def squares() -> list[tuple[str, Any]]:
    return [("01", square(0, 0)), ("02", square(1, 0)), ("03", square(2, 0))]


MONDAY = 'mon: [["09:00", "17:00"]]'
FAULTS: dict[str, tuple[Callable[[Path], None], str, int | None, str]] = {
    "hours that are reversed": (
        replaced(CALENDAR, MONDAY, 'mon: [["17:00", "09:00"]]'),
        CALENDAR,
        5,
        "ends before it begins",
    ),
    "a night shift past midnight": (
        replaced(CALENDAR, MONDAY, 'mon: [["21:00", "02:00"]]'),
        CALENDAR,
        5,
        "21:00-24:00 on this day",
    ),
    "the head of an authority on a channel that is none": (
        replaced(AUTHORITIES, "head: {channel: email,", "head: {channel: emial,"),
        AUTHORITIES,
        5,
        "'emial', which is no channel",
    ),
    "hours that are equal": (replaced(CALENDAR, MONDAY, 'mon: [["09:00", "09:00"]]'), CALENDAR, 5, "at the same time"),
    "hours that overlap": (
        replaced(CALENDAR, MONDAY, 'mon: [["09:00", "14:00"], ["13:00", "18:00"]]'),
        CALENDAR,
        5,
        "count twice",
    ),
    "hours that are a number to YAML": (
        replaced(CALENDAR, MONDAY, "mon: [[9:00, 17:00]]"),
        CALENDAR,
        5,
        "put it in quotes",
    ),
    "hours that no clock shows": (
        replaced(CALENDAR, MONDAY, 'mon: [["09:00", "25:00"]]'),
        CALENDAR,
        5,
        "is not a time of day",
    ),
    "a day that no week has": (replaced(CALENDAR, "mon:", "mno:"), CALENDAR, None, "mno"),
    "no working hours at all": (
        lambda f: (f / CALENDAR).write_text("country: US\ntimezone: UTC\nweekly: {}\n") and None,
        CALENDAR,
        3,
        "no deadline",
    ),
    "a holiday calendar that nobody has": (
        replaced(CALENDAR, "country: US", "country: XX"),
        CALENDAR,
        1,
        "no holidays here",
    ),
    "overlay hours that are reversed": (
        lambda f: _append(f / CALENDAR, 'overlay:\n  - {date: 2024-05-04, hours: [["10:00", "09:00"]]}\n'),
        CALENDAR,
        11,
        "ends before it begins",
    ),
    "a date that no calendar has": (
        lambda f: _append(f / CALENDAR, "overlay:\n  - {date: 2024-02-30}\n"),
        CALENDAR,
        11,
        "cannot be read",
    ),
    "a misspelt zone of a calendar": (
        replaced(CALENDAR, "America/New_York", "America/NewYork"),
        CALENDAR,
        3,
        "America/New_York",
    ),
    "a misspelt zone of the federation": (
        replaced(HEAD, "America/New_York", "America/New York"),
        HEAD,
        4,
        "did you mean",
    ),
    "a language that YAML reads as false": (replaced(HEAD, "[en]", "[en, no]"), HEAD, 5, 'put it in quotes, "no"'),
    "an area that YAML reads as a number": (replaced(HEAD, '"03"', "03"), HEAD, 8, 'put it in quotes, "03"'),
    "one area in two regions": (replaced(HEAD, '["03"]', '["02", "03"]'), HEAD, 8, "belongs to region 'north' already"),
    "two regions with one id": (
        replaced(HEAD, "id: south", "id: north"),
        HEAD,
        8,
        "'north' stands twice, first in line 7",
    ),
    "a region that means the nation": (replaced(HEAD, "id: south", "id: national"), HEAD, 8, "cannot be a region's id"),
    "a region's id that no topic can bear": (replaced(HEAD, "id: south", 'id: "South!"'), HEAD, 8, "match pattern"),
    "a calendar of the nation that is not there": (
        replaced(HEAD, "calendar: default", "calendar: night"),
        HEAD,
        NATIONS_CALENDAR,
        "no calendar 'night'",
    ),
    "a calendar that is not there": (
        replaced(HEAD, "id: south,", "id: south, calendar: night,"),
        HEAD,
        8,
        "no calendar 'night'",
    ),
    "a key that stands twice": (replaced(HEAD, "name: test", "name: test\nname: other"), HEAD, 2, "stands twice"),
    "a misspelt key": (replaced(HEAD, "languages:", "langauges:"), HEAD, 5, "did you mean 'languages'"),
    "a desk of no authority": (
        replaced(HEAD, "scope: yard-03", "scope: yard-30"),
        HEAD,
        None,
        "no authority 'yard-30'",
    ),
    "a head of no region": (
        replaced(HEAD, "role: regional_head, scope: south", "role: regional_head, scope: sout"),
        HEAD,
        None,
        "did you mean 'south'",
    ),
    "a file that is no YAML": (replaced(HEAD, "regions:", "regions: ["), HEAD, None, "not YAML"),
    "an empty file": (lambda f: (f / CATEGORIES).write_text("") and None, CATEGORIES, None, "is empty"),
    "one category twice": (
        replaced(CATEGORIES, "{code: street-light", "{code: pothole"),
        CATEGORIES,
        2,
        "stands twice, first in line 1",
    ),
    "an authority of no region": (
        lambda f: _append(f / AUTHORITIES, "- {id: x, title: X, regions: [east]}\n"),
        AUTHORITIES,
        None,
        "is no region",
    ),
    "borders in metres": (drawn(("01", square(500_000, 4_600_000))), BORDERS, 4, "from metres to EPSG:4326"),
    "another coordinate system": (drawn(*squares(), crs={"name": "EPSG:3857"}), BORDERS, 1, "convert it to EPSG:4326"),
    "longitudes given as latitudes": (drawn(("01", square(42, -122))), BORDERS, 4, "longitude first"),
    "borders turned round, within degrees": (drawn(("01", square(42.3, -71.1))), BORDERS, 4, "look swapped"),
    "no features": (drawn(), BORDERS, None, "no features"),
    "an empty geometry": (drawn(("01", {"type": "Polygon", "coordinates": []})), BORDERS, 4, "is empty"),
    "a geometry of another kind": (
        drawn(("01", {"type": "Point", "coordinates": [0, 0]})),
        BORDERS,
        4,
        "must be a Polygon",
    ),
    "a ring that crosses itself": (
        drawn(("01", ring((0, 0), (1, 1), (1, 0), (0, 1)))),
        BORDERS,
        4,
        "Self-intersection",
    ),
    "an area of no region": (drawn(*squares(), ("99", square(5, 5))), BORDERS, None, "belongs to no region"),
    "an enclave that is not cut out": (
        drawn(("01", square(0, 0)), ("02", square(0.4, 0.4, 0.2)), ("03", square(2, 0))),
        BORDERS,
        None,
        "lies inside area 01",
    ),
    "areas that overlap": (drawn(("01", square(0, 0)), ("02", square(0.5, 0))), BORDERS, None, "overlap by 50.0%"),
    "borders that are no JSON": (
        lambda f: (f / BORDERS).write_text('{"features":\n[}') and None,
        BORDERS,
        2,
        "not JSON",
    ),
    "a table that is no JSON": (lambda f: (f / JURISDICTION).write_text("{") and None, JURISDICTION, 1, "not JSON"),
    "a row with an authority that is not there": (
        replaced(JURISDICTION, "yard-01", "yard-99"),
        JURISDICTION,
        None,
        "no authority",
    ),
    "a layer of no region": (
        lambda f: shutil.copytree(f / "rulebook" / "north", f / "rulebook" / "nroth") and None,
        "rulebook/nroth",
        None,
        "is no region",
    ),
}


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_said_with_file_and_line(name: str, folder: Path) -> None:
    change, file, line, words = FAULTS[name]
    change(folder)
    faults = [f for f in check_federation(folder) if not f.remark]
    found = [f for f in faults if f.path == folder / file and words in f.words]
    assert found, "\n".join(map(str, faults))
    assert line is None or found[0].line == line
    with pytest.raises(FederationError) as refused:
        checked_federation(folder)
    assert str(found[0]) in str(refused.value)


@pytest.mark.parametrize("sound", [SOUND, BOSTON], ids=lambda p: p.name)
def test_our_own_federations_have_no_faults(sound: Path) -> None:
    assert check_federation(sound) == []


def test_a_classifier_that_the_rules_name_and_the_folder_has_not_is_a_remark(folder: Path) -> None:
    content = b"a model"
    version = sha256(content).hexdigest()
    limits = {
        "channel": "", "language": "", "model": f'"{version}"', "automatic_percent": "80", "ask_percent": "40",
        "known_percent": "50", "choices": "3",
    }  # fmt: skip
    path = folder / "rulebook" / "national" / "classification.json"
    path.write_text(json.dumps(document_of("classification", [("any", limits)]), indent=1))
    (found,) = check_federation(folder)
    assert (found.path, found.remark, f"there is no models/{version}.model" in found.words) == (path, True, True)
    assert found.line is not None
    (folder / "models").mkdir()
    (folder / "models" / f"{version}.model").write_bytes(b"another")
    assert "holds another model" in check_federation(folder)[0].words
    (folder / "models" / f"{version}.model").write_bytes(content)
    assert check_federation(folder) == []


def test_the_command_names_every_fault_and_exits_with_one(folder: Path) -> None:
    replaced(CALENDAR, MONDAY, 'mon: [["21:00", "02:00"]]')(folder)
    replaced(HEAD, "[en]", "[en, no]")(folder)
    result = CliRunner().invoke(app, ["federation", "check", str(folder)])
    assert result.exit_code == 1
    assert f"{folder / CALENDAR}:5: " in result.output
    assert f"{folder / HEAD}:5: " in result.output
    assert "2 faults" in result.output


def test_the_command_says_what_a_sound_federation_holds() -> None:
    result = CliRunner().invoke(app, ["federation", "check", str(SOUND)])
    assert (result.exit_code, "no faults" in result.output, "2 regions" in result.output) == (0, True, True)


def test_a_folder_that_is_not_there_is_said() -> None:
    result = CliRunner().invoke(app, ["federation", "check", "/nowhere/at/all"])
    assert (result.exit_code, "there is no such folder" in result.output) == (1, True)


def test_a_service_refuses_a_night_shift_even_unchecked(folder: Path) -> None:
    replaced(CALENDAR, MONDAY, 'mon: [["21:00", "02:00"]]')(folder)
    with pytest.raises(FederationError, match=r"default\.yaml:5: .*21:00-24:00"):
        load_federation(folder).prepare()


def test_a_night_shift_in_two_parts_counts_both() -> None:
    week = {"mon": (("21:00", "24:00"),), "tue": (("00:00", "02:00"), ("21:00", "24:00")), "wed": (("00:00", "02:00"),)}
    calendar = build_calendar(
        CalendarSpec.model_validate({"country": "US", "timezone": "UTC", "weekly": week}), 2024, 2024
    )
    begun = datetime(2024, 4, 1, 22, tzinfo=UTC)
    assert calendar.add(begun, 240) == datetime(2024, 4, 2, 2, tzinfo=UTC)
    assert calendar.add(begun, 241) == datetime(2024, 4, 2, 21, 1, tzinfo=UTC)


@pytest.mark.parametrize("east", [191.0, -169.0])
def test_a_ring_across_the_180th_meridian_holds_points_on_both_sides(folder: Path, east: float) -> None:
    across = ring((170, 60), (east, 60), (east, 70), (170, 70))
    drawn(("01", across), ("02", square(1, 0)), ("03", square(2, 0)))(folder)
    found = check_federation(folder)
    assert [f.remark for f in found if "180th meridian" in f.words] == [True]
    assert [f for f in found if not f.remark] == []
    borders, at = load_borders(folder / "borders"), datetime(2024, 1, 1, tzinfo=UTC)
    asked = [(65, 175), (65, -175), (65, 180), (65, -180), (65, 160), (65, -160), (65, 0)]
    areas = [(found := borders.area_at(lat, lon, at)) and found[0] for lat, lon in asked]
    assert areas == ["01", "01", "01", "01", None, None, None]


def test_a_hole_belongs_to_nobody_and_an_enclave_to_its_own_area(folder: Path) -> None:
    outer, inner = square(0, 0), square(0.4, 0.4, 0.2)["coordinates"][0]
    outer["coordinates"].append(inner)
    drawn(("01", outer), ("02", square(1, 0)), ("03", square(2, 0)))(folder)
    assert any("a hole that no area fills" in f.words and f.remark for f in check_federation(folder))
    at = datetime(2024, 1, 1, tzinfo=UTC)
    assert load_borders(folder / "borders").area_at(0.5, 0.5, at) is None
    drawn(("01", outer), ("02", ring(*map(tuple, inner[:-1]))), ("03", square(2, 0)))(folder)
    assert not [f for f in check_federation(folder) if "hole" in f.words or not f.remark]
    found = load_borders(folder / "borders").area_at(0.5, 0.5, at)
    assert found is not None
    assert found[0] == "02"


def test_a_text_of_a_notice_that_can_never_be_said_is_a_fault_and_a_language_without_words_a_remark(
    folder: Path,
) -> None:
    replaced("rulebook/national/texts.json", "Ответ на {reference}: {answer}", "Ответ на {referense}: {answer}")(folder)
    replaced(HEAD, "languages: [en]", "languages: [en, ru, es]")(folder)
    fault, remark = check_federation(folder)
    assert not fault.remark
    assert "row answered-ru: the text of 'answered' in 'ru' is never said" in fault.words
    assert "{answer}, {reference}" in fault.words
    assert remark.remark
    assert "no text in 'es' for registered, refused" in remark.words


def test_our_federations_say_every_notice_in_every_language_or_the_check_names_those_that_nobody_translated() -> None:
    untranslated = [kind for kind in NOTICE_FIELDS if kind not in SPANISH]
    found = [fault.words for made in (SOUND, BOSTON) for fault in check_federation(made) if "no text in" in fault.words]
    assert [words.split(":")[0] for words in found] == (
        [f"no text in 'es' for {', '.join(untranslated)}"] if untranslated else []
    )
