"""Which area and point the words of an address mean, and when nobody can be sure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from common.federation.check import check_federation
from common.federation.country import load_federation
from common.federation.gazetteer import load_gazetteer, load_gazetteers
from common.rulebook.streets import Gazetteer, PlacesRead

from tests.conftest import FEDERATION

THEN = datetime(2011, 7, 1, tzinfo=UTC)


def streets() -> Gazetteer:
    found = load_federation(FEDERATION).streets(THEN)
    assert found is not None
    return found


def address(text: str) -> PlacesRead:
    return streets().read(text, loose=True)


@pytest.mark.parametrize(
    ("text", "area", "point"),
    [
        ("25 Larkspur St", "01", (0.5, 0.4)),
        ("LARKSPUR STREET, No. 26", "01", (0.5, 0.41)),
        ("150a larkspur street, apt 3", "02", (0.5, 1.5)),
        ("Old Larkspur", "03", None),
        ("Quarry Way 7", "02", None),
        ("ул. Тополева, д. 5", "02", (0.25, 1.25)),
        ("Осиновая, 12/3", "01", None),
        ("на углу Осиновой улицы", "01", None),
        ("corner of Larkspur and Quarry Ave", "02", None),
    ],
)
def test_an_address_tells_its_area_and_with_the_house_its_point(
    text: str, area: str, point: tuple[float, float] | None
) -> None:
    read = address(text)
    assert (read.area, read.point) == (area, point)


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("Larkspur Street", {"01", "02"}),
        ("Larkspur Street 555", {"01", "02"}),
        ("Causey Road", {"01", "03"}),
        ("Quary Avenue", {"02"}),
        ("Осинавая улица 3", {"01"}),
    ],
)
def test_a_tie_a_house_that_is_not_there_and_a_letter_wrong_are_told_and_decide_nothing(
    text: str, areas: set[str]
) -> None:
    read = address(text)
    assert read.area is None
    assert read.point is None
    assert {one.area for one in read.places} == areas
    assert all(one.house is None for one in read.places) or not read.places[0].exact


@pytest.mark.parametrize("text", ["Quarry Street 5", "at home", "", "5", "larkspurs grow everywhere on 5 lawns"])
def test_other_words_and_another_kind_of_street_are_no_place(text: str) -> None:
    assert address(text).area is None


def test_in_a_text_a_street_needs_its_kind_or_a_house() -> None:
    read = streets().read
    assert read("The lamp at 25 Larkspur Street is out", loose=False).area == "01"
    assert read("не горит фонарь на осиновой улице", loose=False).area == "01"
    assert read("old larkspur flowers are dying", loose=False).places == ()
    assert read("x" * 100_000, loose=False).places == ()


def test_the_streets_in_force_are_those_of_the_latest_day_that_has_come(tmp_path: Path) -> None:
    (tmp_path / "2010.csv").write_text("street,area\nElm Street,01\n")
    (tmp_path / "2011-06-15.csv").write_text("street,area\nElm Street,02\n")
    found = load_gazetteers(tmp_path)
    assert found.at(datetime(2009, 1, 1, tzinfo=UTC)) is None
    named = {time: found.at(time) for time in (datetime(2011, 1, 1, tzinfo=UTC), THEN)}
    assert [one.name for one in named.values() if one is not None] == ["2010", "2011-06-15"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("2011.csv", "street,area\nElm,01\n,02\n", "line 3"),
        ("2011.csv", "street,area,lat\nElm,01,5\n", "lat and lon"),
        ("2011.csv", "name\nElm\n", "street and area"),
        ("latest.csv", "street,area\n", "the day"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=words):
        load_gazetteer(tmp_path / name)


def test_the_check_of_a_federation_names_areas_that_there_are_not(tmp_path: Path) -> None:
    (tmp_path / "gazetteer").mkdir()
    for path in FEDERATION.iterdir():
        if path.name != "gazetteer":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "gazetteer" / "2011.csv").write_text("street,area\nElm Street,99\n")
    assert [f.words for f in check_federation(tmp_path) if f.path.name == "2011.csv"] == ["no region has the area '99'"]
