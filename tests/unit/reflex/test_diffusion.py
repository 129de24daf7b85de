"""What a region does better for like cases is told to others, and no more is promised than comes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.rules import ProposeChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import document_of
from common.rulebook.patch import apply_patch
from common.rulebook.release import NATIONAL, Release
from reflex.loops.diffusion.loop import DiffusionLoop
from reflex.loops.diffusion.rows import Rows
from reflex.loops.diffusion.settings import Settings
from reflex.loops.diffusion.wording import Titles

from tests.unit.reflex.judged_city import LATE, MONDAY, REGIONS, ChanceOf, JudgedCity, must_wait, usual

TITLES = Titles(str.title, str.title)
PRIORITY = {"category": json.dumps("trees"), "priority": "5"}


def book(*having: str) -> ReleaseBook:
    """These regions have a row of their own for trees."""
    found = ReleaseBook()
    for layer in (NATIONAL, *REGIONS):
        cells = PRIORITY if layer in having else {"category": "", "priority": "1"}
        rows = [("own-trees" if layer in having else "all", cells)] if layer in (NATIONAL, *having) else []
        tables = {"priority": document_of("priority", rows)} if rows else {}
        found.add(Release(layer=layer, number=1, effective_at=MONDAY - timedelta(days=1), tables=tables))
    return found


def fresh(*having: str, **settings: Any) -> DiffusionLoop:
    found = Settings(**settings)
    return DiffusionLoop(lambda now: found, Rows(book(*having)), REGIONS, TITLES)


def better(points: float, region: str = "east", worst: str = "south") -> ChanceOf:
    """Trees are so much less late in one region, and a little later in another."""

    def chance(category: str, where: str, area: str, channel: str, at: datetime) -> float:
        moved = (where == worst) * 0.05 - (where == region) * points
        return usual(category, where, area, channel, at) + (moved if category == "trees" else 0)

    return chance


def lived(loop: DiffusionLoop, seed: int, days: int = 182, **city: Any) -> list[Any]:
    found = JudgedCity(loop, seed, **city)
    found.live(days)
    print("seed", seed, [(type(one).__name__, getattr(one, "key", "")) for one in found.said])
    return found.said


def test_a_region_that_is_better_by_a_practice_is_a_finding_and_promises_less_than_it_looks() -> None:
    said = lived(fresh(), 1, late=better(0.3))
    assert [(one.kind, one.key) for one in said] == [("practice", "diffusion|east|trees|late")]
    numbers = said[0].numbers
    assert numbers["low"] < numbers["promised"] < numbers["seen"]
    assert numbers["low"] >= 0.02
    assert said[0].words.endswith("No rule differs: ask how the work is done there.")


@pytest.mark.parametrize("seed", range(2))
def test_where_all_are_alike_nothing_is_said_whatever_their_mix(seed: int) -> None:
    assert lived(fresh(), seed, mix={"north": {"trees": 6.0, "refuse": 0.2}}) == []


def test_its_own_rule_is_proposed_to_the_region_farthest_behind_with_a_forecast() -> None:
    finding, command = lived(fresh("east"), 1, late=better(0.3))[:2]
    assert isinstance(finding, FindingMade)
    assert isinstance(command, ProposeChange)
    assert (finding.kind, finding.proposal_id) == ("proposed", command.proposal_id)
    assert (command.patch.layer, command.patch.table, command.values) == ("south", "priority", ("timeliness",))
    assert command.patch.changes[0].after == PRIORITY
    assert command.forecast is not None
    assert command.forecast.low < command.forecast.expected < command.forecast.high
    assert "only a trial can tell" in command.forecast.cannot_know
    ground = book("east")
    head = ground.head("south")
    assert head is not None
    apply_patch(head.tables, command.patch)


def test_one_region_is_asked_at_a_time_and_the_nation_once_several_have_the_row() -> None:
    said = lived(fresh("east", again_days=56), 1, days=250, late=better(0.3))
    commands = [one for one in said if isinstance(one, ProposeChange)]
    times = [one.found_at for one in said if isinstance(one, FindingMade)]
    assert [one.patch.layer for one in commands][:3] == ["south", "west", "north"]
    assert all((b - a).days >= 56 for a, b in pairwise(times))
    several = lived(fresh("east", "north", "west"), 1, late=better(0.3))
    assert [one.patch.layer for one in several if isinstance(one, ProposeChange)] == [NATIONAL]


def test_over_many_regions_and_categories_what_is_promised_is_kept() -> None:
    """True differences of some points everywhere; promises are held against the true shares."""
    promised = kept = 0.0
    for seed in range(4):
        chance = random.Random(seed)
        moved = {(r, c): chance.gauss(0, 0.06) for r in REGIONS for c in LATE}

        def late(
            category: str, region: str, area: str, channel: str, at: datetime, moved: Mapping[Any, float] = moved
        ) -> float:
            return min(1.0, max(0.0, usual(category, region, area, channel, at) + moved[region, category]))

        for finding in lived(fresh(), seed, days=140, late=late):
            category, region = finding.numbers["category"], finding.numbers["region"]
            true = {r: late(category, r, "", "", MONDAY) for r in REGIONS}
            promised += finding.numbers["promised"]
            kept += sum(share for r, share in true.items() if r != region) / 3 - true[region]
    print("promised", promised, "kept", kept)
    assert 0.8 <= kept / promised <= 1.2


def test_what_must_wait_is_proposed_anew_at_the_first_fortnight_from_when_it_may() -> None:
    city = JudgedCity(fresh("east"), 1, late=better(0.3))
    first = must_wait(city, 20)
    city.live(19)
    assert [one for one in city.said if isinstance(one, ProposeChange)] == [first]
    city.live(14)
    again = [one for one in city.said if isinstance(one, ProposeChange)][1]
    assert (again.patch.layer, again.patch.changes) == (first.patch.layer, first.patch.changes)
    assert again.proposal_id != first.proposal_id


def test_state_read_back_in_the_middle_says_the_same() -> None:
    whole, parted = (JudgedCity(fresh("east"), 1, late=better(0.3)) for _ in range(2))
    rows: dict[str, Mapping[str, Any]] = {}
    whole.live(150)
    for days in (20, 73, 57):
        parted.live(days)
        parted.move_to(fresh("east"), rows)
    assert whole.said
    assert parted.said == whole.said


def test_what_is_remembered_does_not_grow_without_end() -> None:
    rows: dict[str, Any] = {}
    city = JudgedCity(fresh(), seed=9, a_day=20)
    sizes = []
    for _ in range(4):
        city.live(98)
        city.move_to(fresh(), rows)
        sizes.append(len(rows))
    assert sizes[3] < 1.1 * sizes[1]
