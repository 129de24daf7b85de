"""A region, area or channel is named where like cases go worse there, and not where merely its cases are others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import document_of
from common.rulebook.patch import apply_patch
from common.rulebook.release import NATIONAL, Release
from reflex.like_cases import Block, Comparison, blocks_of
from reflex.loops.equity.loop import EquityLoop
from reflex.loops.equity.naming import named
from reflex.loops.equity.remedy import Remedies
from reflex.loops.equity.rows import RowShare, explaining, own_row
from reflex.loops.equity.settings import Settings
from reflex.loops.equity.wording import Titles

from tests.unit.reflex.judged_city import DAY, MONDAY, ChanceOf, JudgedCity, must_wait, usual

TITLES = Titles(str.title, str.title, str.title)
HARD_MIX = {"north": {"trees": 5.0, "refuse": 0.2, "street light": 2.0}}
HALF_YEAR = 182


def book() -> ReleaseBook:
    """South has a row of its own for trees."""
    found = ReleaseBook()
    for layer, category in ((NATIONAL, ""), ("south", '"trees"')):
        row = (f"{layer}-row", {"category": category, "area": "", "authority": f'"{layer}-yard"'})
        tables = {"jurisdiction": document_of("jurisdiction", [row])}
        found.add(Release(layer=layer, number=1, effective_at=MONDAY - DAY, tables=tables))
    return found


def fresh(**settings: Any) -> EquityLoop:
    found = Settings(**settings)
    return EquityLoop(lambda now: found, Remedies(book()), TITLES)


def worse(points: float, **where: str) -> ChanceOf:
    """So much later where region, area or channel are as given."""

    def chance(category: str, region: str, area: str, channel: str, at: datetime) -> float:
        is_there = all({"region": region, "area": area, "channel": channel}[k] == v for k, v in where.items())
        return min(1.0, usual(category, region, area, channel, at) + (points if is_there else 0))

    return chance


def findings(seed: int, days: int = HALF_YEAR, **city: Any) -> list[Any]:
    found = JudgedCity(fresh(), seed, **city)
    found.live(days)
    print("seed", seed, "named", [getattr(one, "key", "proposed") for one in found.said])
    return found.said


def keys(said: list[FindingMade]) -> set[str]:
    return {one.key for one in said}


@pytest.mark.parametrize("seed", range(3))
def test_a_region_that_is_eight_points_later_for_like_cases_is_named_with_the_size_of_it(seed: int) -> None:
    """Another region has the harder cases, and is not named."""
    said = findings(seed, late=worse(0.08, region="south"), mix=HARD_MIX)
    assert keys(said) == {"equity|region|south|late"}
    first = said[0]
    assert (first.loop, first.kind) == ("equity", "alarm")
    assert first.numbers["low"] <= 0.08 <= first.numbers["high"]
    assert first.words.startswith("South: cases miss their deadline more often than like ones in other regions, by ")
    assert "Rules do not explain it" in first.words
    assert len(first.numbers["categories"]) == 5


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_differs_but_the_mix_of_cases_and_channels_nobody_is_named(seed: int) -> None:
    assert findings(100 + seed, mix=HARD_MIX, channels={"west": (1, 1, 8)}) == []


def test_an_area_is_named_within_its_region_and_a_channel_among_channels() -> None:
    areas = {key for key in keys(findings(5, late=worse(0.2, area="n1"))) if key.startswith("equity|area|")}
    assert areas == {"equity|area|n1|late"}
    assert keys(findings(6, late=worse(0.1, channel="app"), channels={"west": (1, 1, 8)})) == {
        "equity|channel|app|late"
    }


def test_a_difference_that_lasts_is_told_again_after_its_pause_and_not_before() -> None:
    said = findings(7, days=HALF_YEAR + 91, late=worse(0.15, region="south"))
    times = [one.found_at for one in said if one.key == "equity|region|south|late"]
    assert len(times) in (2, 3)
    assert all((b - a).days >= 90 for a, b in pairwise(times))


def trees_in_south(category: str, region: str, area: str, channel: str, at: datetime) -> float:
    return usual(category, region, area, channel, at) + (0.45 if (category, region) == ("trees", "south") else 0)


def own_for_trees(category: str, region: str) -> str:
    own = (category, region) == ("trees", "south")
    return "jurisdiction|south|south-row" if own else "jurisdiction|national|national-row"


def test_where_the_difference_comes_with_a_row_of_the_regions_own_that_row_is_proposed_to_be_taken_out() -> None:
    finding, command = findings(4, late=trees_in_south, row_of=own_for_trees)[:2]
    assert isinstance(command, ProposeChange)
    assert (finding.kind, finding.proposal_id) == ("proposed", command.proposal_id)
    assert [row["row"] for row in finding.numbers["rows"]] == ["jurisdiction|south|south-row"]
    assert command.needs_person
    assert (command.patch.layer, command.values) == ("south", ("equity",))
    assert [(one.op, one.row_id) for one in command.patch.changes] == [("remove", "south-row")]
    assert command.forecast is not None
    assert command.forecast.low < command.forecast.expected < command.forecast.high
    head = book().head("south")
    assert head is not None
    apply_patch(head.tables, command.patch)


def test_a_difference_that_comes_with_other_cases_too_is_a_finding_alone() -> None:
    said = findings(4, late=worse(0.15, region="south"), row_of=own_for_trees)
    assert {one.kind for one in said} == {"alarm"}
    assert said[0].numbers["rows"] == []


def test_a_row_that_is_gone_is_not_proposed_to_go() -> None:
    remedies = Remedies(book())
    assert remedies.patch("south", [RowShare("jurisdiction|south|other", 9.0, 50)]) is None
    assert remedies.patch("north", [RowShare("jurisdiction|north|south-row", 9.0, 50)]) is None
    assert remedies.patch("south", []) is None


def test_what_must_wait_is_proposed_anew_at_the_first_fortnight_from_when_it_may() -> None:
    city = JudgedCity(fresh(), 4, late=trees_in_south, row_of=own_for_trees)
    first = must_wait(city, 20)
    city.live(19)
    assert [one for one in city.said if isinstance(one, ProposeChange)] == [first]
    city.live(14)
    again = [one for one in city.said if isinstance(one, ProposeChange)][1]
    assert (again.patch.layer, again.patch.changes) == (first.patch.layer, first.patch.changes)
    assert again.proposal_id != first.proposal_id


def test_state_read_back_in_the_middle_says_the_same() -> None:
    whole, parted = (JudgedCity(fresh(), 8, late=worse(0.15, region="south")) for _ in range(2))
    rows: dict[str, Mapping[str, Any]] = {}
    whole.live(120)
    for days in (20, 43, 57):
        parted.live(days)
        parted.move_to(fresh(), rows)
    assert whole.said
    assert parted.said == whole.said


def test_what_is_remembered_does_not_grow_without_end() -> None:
    rows: dict[str, Any] = {}
    city = JudgedCity(fresh(remembered_blocks=4), seed=9, a_day=20)
    sizes = []
    for _ in range(4):
        city.live(56)
        city.move_to(fresh(remembered_blocks=4), rows)
        sizes.append(len(rows))
    assert sizes[3] < 1.1 * sizes[1]


def test_a_stratum_of_one_place_says_nothing_and_two_alike_say_that_there_is_no_difference() -> None:
    alone = blocks_of([{"north": (10, 9)}])
    assert alone["north"] == Block()
    alike = blocks_of([{"north": (100, 20), "south": (300, 60)}])
    assert alike["north"].excess == pytest.approx(0)
    assert Comparison([alike["north"]]).difference == pytest.approx(0)


def test_the_difference_is_that_of_mantel_and_haenszel() -> None:
    """Two strata, by hand: (20/100 - 10/100) * 50 and (5/50 - 0/150) * 37.5."""
    block = blocks_of([{"a": (100, 20), "b": (100, 10)}, {"a": (50, 5), "b": (150, 0)}])["a"]
    assert Comparison([block]).difference == pytest.approx((0.1 * 50 + 0.1 * 37.5) / 87.5)


def test_evidence_that_one_of_many_would_have_by_chance_names_nobody() -> None:
    evidence = {"a": 300.0, **{str(n): 0.5 for n in range(19)}}
    assert named(evidence, 0.05) == []
    assert named({**evidence, "a": 401.0}, 0.05) == ["a"]
    assert named({**evidence, "a": 300.0, "b": 250.0}, 0.05) == ["a", "b"]


def test_rows_explain_a_difference_only_where_nearly_all_of_it_comes_with_them() -> None:
    own = "deadline|north|pothole"
    assert own_row("north", "late", ("jurisdiction|north|x", own)) == own
    assert own_row("north", "reopened", ("jurisdiction|north|x", "deadline|national|all")) == "jurisdiction|north|x"
    assert own_row("north", "late", ("deadline|national|all",)) == ""
    assert explaining({own: (45.0, 200), "": (5.0, 800)}) == [RowShare(own, 45.0, 200)]
    assert explaining({own: (25.0, 200), "": (25.0, 800)}) == []
    assert explaining({own: (50.0, 1000)}) == [], "a row that decides everything is no better explained than its region"
