"""The duplicates loop proposes another rule where people refuse or join often enough, hardly ever without reason."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from common.contracts.events.rules import ProposeChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import document_of
from common.rulebook.patch import apply_patch
from common.rulebook.release import NATIONAL, Release
from common.rulebook.trial import NO_UNIT
from reflex.facts import CaseJoined, CaseOpened, DuplicateDecided, DuplicateSuggested, RulesCommandRefused
from reflex.loops.duplicates.judging import chance_above
from reflex.loops.duplicates.loop import DuplicatesLoop
from reflex.loops.duplicates.patching import Patcher
from reflex.loops.duplicates.settings import Settings

START = datetime(2011, 7, 1, tzinfo=UTC)
DAY = timedelta(days=1)
METRES_OF_LATITUDE = 111_320.0


def row(category: str = "", radius: int = 200, window: int = 168) -> tuple[str, dict[str, str]]:
    cells = {
        "category": json.dumps(category) if category else "", "suggest": "true", "radius_metres": str(radius),
        "window_hours": str(window), "least_likeness": "0", "ask_citizen": "true",
    }  # fmt: skip
    return category or "any", cells


class Town:
    """Suggestions, and what people say of them: the same with a probability that hangs on how far and how long."""

    def __init__(self, seed: int, *, rows: Any = None, settings: Settings | None = None) -> None:
        self.chance, self.number, self.now = random.Random(seed), 0, START
        self.book = ReleaseBook()
        table = document_of("duplicates", rows or [row()])
        self.book.add(Release(layer=NATIONAL, number=1, effective_at=START - DAY, tables={"duplicates": table}))
        for layer in ("north", "south"):
            self.book.add(Release(layer=layer, number=1, effective_at=START - DAY, tables={}))
        self.settings = settings or Settings()
        self.loop = self.fresh()
        self.said: list[Any] = []

    def fresh(self) -> DuplicatesLoop:
        return DuplicatesLoop(lambda now: self.settings, Patcher(self.book), str.title)

    @property
    def proposals(self) -> list[ProposeChange]:
        return [one for one in self.said if isinstance(one, ProposeChange)]

    def rule(self, category: str = "pothole") -> Mapping[str, Any]:
        decision = self.book.in_force("north", self.now).decide("duplicates", {"category": category}, NO_UNIT)
        assert decision is not None
        return decision.outputs

    def suggest(
        self, same: Callable[[int, int], float], category: str = "pothole", region: str = "north",
        warning: str | None = None,
    ) -> None:  # fmt: skip
        """One suggestion within the rule in force, and a person's word on it."""
        rule = self.rule(category)
        metres = int(self.chance.random() ** 0.5 * float(rule["radius_metres"]))
        minutes = int(self.chance.random() * 60 * float(rule["window_hours"]))
        self.number += 1
        about = {
            "at": self.now, "case_id": f"c{self.number}", "other_case": "other", "region": region, "category": category,
        }  # fmt: skip
        self.loop.observe(DuplicateSuggested(id=f"s{self.number}", **about))
        self.loop.observe(
            DuplicateDecided(
                id=f"d{self.number}", distance_metres=metres, apart_minutes=minutes,
                same=self.chance.random() < same(metres, minutes), warning=warning, **about,
            )
        )  # fmt: skip

    def join_unasked(self, metres: float, hours: float, *, suggested: bool = False) -> None:
        """Two cases that people join though nobody suggested it."""
        self.number += 1
        names = (f"a{self.number}", f"b{self.number}")
        for case_id, north, at in ((names[0], 0.0, self.now - timedelta(hours=hours)), (names[1], metres, self.now)):
            self.loop.observe(
                CaseOpened(
                    id=case_id, at=at, case_id=case_id, region="north", authority="yard", category="pothole", area="01",
                    channel="web", priority=1, received_at=at, due_at=at + DAY,
                    point=(42.0 + north / METRES_OF_LATITUDE, -71.0),
                )
            )  # fmt: skip
        if suggested:
            about = {"case_id": names[1], "other_case": names[0], "region": "north", "category": "pothole"}
            self.loop.observe(DuplicateSuggested(id=f"s{self.number}", at=self.now, **about))
        self.loop.observe(
            CaseJoined(
                id=f"j{self.number}",
                at=self.now,
                case_id=names[1],
                region="north",
                authority="yard",
                into_case=names[0],
            )
        )

    def tick(self) -> None:
        self.now += timedelta(hours=6)
        self.said += self.loop.on_tick(self.now)

    def live(self, days: int, same: Callable[[int, int], float], each_day: int = 2, category: str = "pothole") -> None:
        for _ in range(4 * days):
            if self.chance.random() < each_day / 4:
                self.suggest(same, category)
            self.tick()


def test_in_years_of_suggestions_that_are_right_often_enough_hardly_a_change_is_proposed() -> None:
    """Eight categories for a year each, between just bearable and good, whatever the distance."""
    said = 0
    for seed in range(8):
        town = Town(seed)
        town.live(365, lambda metres, minutes, share=0.33 + 0.07 * seed: share)
        print("seed", seed, "proposals", [p.title for p in town.proposals])
        said += len(town.proposals)
    assert said <= 1


@pytest.mark.parametrize("seed", range(5))
def test_where_only_near_ones_are_the_same_a_smaller_radius_is_proposed(seed: int) -> None:
    town = Town(seed)
    town.live(60, lambda metres, minutes: 0.8 if metres <= 75 else 0.05)
    print(f"seed {seed}:", [p.title for p in town.proposals])
    first = town.proposals[0]
    after = first.patch.changes[0].after
    assert after is not None
    assert 50 <= int(after["radius_metres"]) <= 150
    assert (after["suggest"], after["window_hours"], after["category"]) == ("true", "168", '"pothole"')
    assert (first.patch.layer, first.patch.table, first.loop) == ("national", "duplicates", "duplicates")
    assert first.evidence["change"] == "narrower"
    assert first.forecast is not None
    assert first.forecast.low <= first.forecast.expected <= first.forecast.high


def test_a_rule_that_must_wait_is_proposed_anew_when_it_may_though_nobody_speaks_meanwhile() -> None:
    town = Town(1)
    while not town.proposals:
        town.live(1, lambda metres, minutes: 0.8 if metres <= 75 else 0.05)
    (first,) = town.proposals
    town.loop.observe(
        RulesCommandRefused(
            id="no", at=town.now, proposal_id=first.proposal_id, command=ProposeChange.type,
            details={"until": (town.now + 7 * DAY).isoformat()},
        )
    )  # fmt: skip
    kept = {key: body for key, body in town.loop.changed().items() if body is not None}
    town.loop = town.fresh()
    town.loop.load(orjson.loads(orjson.dumps(kept)))
    for _ in range(27):
        town.tick()
    assert town.proposals == [first]
    town.tick()
    again = town.proposals[1]
    assert (again.patch, again.evidence) == (first.patch, first.evidence)
    assert again.proposal_id != first.proposal_id


def test_where_only_recent_ones_are_the_same_a_shorter_window_is_proposed() -> None:
    town = Town(1)
    town.live(60, lambda metres, minutes: 0.8 if minutes <= 48 * 60 else 0.03)
    after = town.proposals[0].patch.changes[0].after
    assert after is not None
    assert (int(after["radius_metres"]), int(after["window_hours"])) in {(200, 48), (200, 72)}


def test_where_hardly_any_is_the_same_nothing_shall_be_suggested() -> None:
    town = Town(2)
    town.live(60, lambda metres, minutes: 0.03)
    after = town.proposals[0].patch.changes[0].after
    assert after is not None
    assert after["suggest"] == "false"
    assert "suggest no duplicates" in town.proposals[0].title


def test_what_people_join_beyond_the_radius_widens_it_where_the_farthest_suggestions_are_right() -> None:
    town = Town(3, rows=[row("pothole", 100, 168), row()])
    for number in range(60):
        town.suggest(lambda metres, minutes: 0.9)
        if number % 4 == 0:
            town.join_unasked(150 + number % 20, 20)
        town.tick()
    first = town.proposals[0]
    (change,) = first.patch.changes
    assert (change.op, change.row_id) == ("set", "pothole")
    assert change.after is not None
    assert change.after["radius_metres"] == "200"
    assert first.evidence["gained"] >= 6


def test_what_was_suggested_and_then_joined_counts_once() -> None:
    town = Town(4, rows=[row("pothole", 100, 168)])
    for _ in range(60):
        town.suggest(lambda metres, minutes: 0.9)
        town.join_unasked(180, 20, suggested=True)
        town.tick()
    assert town.proposals == []


def test_a_region_with_a_row_of_its_own_says_nothing_of_the_nations() -> None:
    town = Town(5)
    own = document_of("duplicates", [row("pothole", 50)])
    town.book.add(Release(layer="south", number=2, effective_at=START - DAY, tables={"duplicates": own}))
    for _ in range(100):
        town.suggest(lambda metres, minutes: 0.0, region="south")
        town.tick()
    assert town.said == []


def test_after_a_change_the_evidence_begins_anew_and_what_is_right_now_stays() -> None:
    town = Town(6)
    town.live(40, lambda metres, minutes: 0.8 if metres <= 75 else 0.05)
    (first,) = town.proposals
    head = town.book.head(NATIONAL)
    assert head is not None
    tables = apply_patch(head.tables, first.patch)
    town.book.add(Release(layer=NATIONAL, number=2, effective_at=town.now, tables=tables))
    before = town.rule()["radius_metres"]
    town.live(200, lambda metres, minutes: 0.8 if metres <= 75 else 0.05)
    assert town.rule()["radius_metres"] == before
    assert len(town.proposals) <= 2


def test_the_same_is_not_proposed_again_within_its_pause() -> None:
    town = Town(7)
    town.live(90, lambda metres, minutes: 0.02)
    assert 2 <= len(town.proposals) <= 3


def test_what_is_said_is_the_same_after_the_state_was_saved_and_loaded() -> None:
    straight, broken = Town(8), Town(8)
    rows: dict[str, Any] = {}
    for town in (straight, broken):
        for _ in range(8):
            town.live(7, lambda metres, minutes: 0.8 if metres <= 75 else 0.05)
            town.join_unasked(180, 20)
            town.tick()
            if town is broken:
                for key, body in town.loop.changed().items():
                    rows.pop(key, None) if body is None else rows.update({key: orjson.loads(orjson.dumps(body))})
                town.loop = town.fresh()
                town.loop.load(rows)
    assert [p.title for p in broken.proposals] == [p.title for p in straight.proposals] != []


def test_the_chance_that_a_share_is_greater_is_that_of_a_beta_distribution() -> None:
    assert chance_above(0, 0, 0.3) == pytest.approx(0.7)
    assert chance_above(5, 5, 0.5) == pytest.approx(0.5)
    assert chance_above(0, 9, 0.3) == pytest.approx(0.7**10)


def test_what_was_suggested_by_an_early_warning_says_nothing_of_the_rule_of_its_category() -> None:
    town = Town(0)
    for _ in range(100):
        town.suggest(lambda metres, minutes: 0.0, warning="w")
        town.tick()
    assert town.proposals == []
    for _ in range(100):
        town.suggest(lambda metres, minutes: 0.0)
        town.tick()
    assert town.proposals != [], "as many refusals of the rule's own suggestions are"
