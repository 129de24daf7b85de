"""Studies of loops that compare places: what is dealt anew, what is planted, and that the loops' own code is judged."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from laboratory.diffusion.study import better_by
from laboratory.diffusion.study import planted as better_planted
from laboratory.equity.study import POINTS, EquityRun, EquityStudy, Named
from laboratory.equity.study import planted as biased_planted
from laboratory.evaluating import run_task, subject_of
from laboratory.late_cases import LateCase, dealt_anew, drive, facts_of, late_shares
from laboratory.report import Plan, report
from laboratory.subject import Source
from reflex.facts import CaseAnswered, CaseOpened, CaseOverdue

from tests.unit.laboratory.logs import write_log

START = datetime(2011, 9, 1, tzinfo=UTC)
REGIONS = ("east", "north", "south", "west")


def city(cases: int = 8_000, seed: int = 1) -> list[LateCase]:
    random, late = Random(seed), {"pothole": 0.1, "light": 0.3, "trees": 0.5, "refuse": 0.05}
    found = []
    for number in range(cases):
        at, region, category = START + timedelta(minutes=20 * number), random.choice(REGIONS), random.choice([*late])
        found.append(
            LateCase(f"{number:05}", region, f"{region}-1", "yard", category, random.choice(("web", "app")), at,
                     at + timedelta(days=5), random.random() < late[category])
        )  # fmt: skip
    return found


def share(cases: list[LateCase], **where: str) -> float:
    those = [case.late for case in cases if all(getattr(case, name) == value for name, value in where.items())]
    return sum(those) / len(those)


def test_what_is_dealt_anew_keeps_each_category_and_takes_away_what_differs_between_places() -> None:
    cases = [replace(case, late=case.late or case.region == "south") for case in city()]
    dealt = dealt_anew(cases, 1)
    assert late_shares(dealt) == late_shares(cases)
    assert share(cases, region="south") == 1
    assert abs(share(dealt, region="south") - share(dealt, region="north")) < 0.05
    assert dealt == dealt_anew(cases, 1) != dealt_anew(cases, 2)


def test_a_late_case_is_told_when_its_deadline_comes_and_answered_after_it() -> None:
    (first, *_) = city(1)
    opened, overdue, answered = facts_of(replace(first, late=True))
    assert isinstance(opened, CaseOpened)
    assert isinstance(overdue, CaseOverdue)
    assert overdue.at == first.due < answered.at
    opened, answered = facts_of(replace(first, late=False))
    assert isinstance(answered, CaseAnswered)
    assert opened.at < answered.at < first.due


def test_no_fact_from_after_the_end_is_shown() -> None:
    seen = []

    class Watcher:
        def observe(self, fact: Any) -> None:
            seen.append(fact)

        def on_tick(self, now: datetime) -> list[Any]:
            return []

        def changed(self) -> dict[str, Any]:
            return {}

    until = START + timedelta(days=3)
    drive(Watcher(), city(1_000), until)  # type: ignore[arg-type]
    assert seen
    assert max(fact.at for fact in seen) < until


def test_the_biased_region_is_later_for_like_cases_and_the_other_one_has_fewer_of_the_easy_ones() -> None:
    cases = city()
    made = biased_planted(cases, 3)
    assert made is not None
    found, biased, different = made
    assert biased != different
    for category in ("pothole", "light", "trees"):
        moved = share(found, region=biased, category=category) - share(cases, region=biased, category=category)
        assert moved == pytest.approx(POINTS, abs=0.05), category
        assert share(found, region=different, category=category) == pytest.approx(
            share(cases, region=different, category=category), abs=0.05
        )
    assert share(found, region=different) > share(cases, region=different) + 0.05
    sizes, before = (Counter(case.category for case in some if case.region == different) for some in (found, cases))
    assert sizes["refuse"] < 0.4 * before["refuse"]
    assert sizes["trees"] == before["trees"]


def test_what_a_region_is_better_by_is_that_of_like_cases() -> None:
    cases, better = better_planted(city(), 2)
    assert len(better) == 2, "only two categories are late often enough"
    for category, region in better:
        assert better_by(cases, category, region, START) == pytest.approx(0.15, abs=0.06)
    assert better_by(cases, "nothing", "north", START) is None


def test_figures_of_equity_say_who_was_found_and_who_was_confused() -> None:
    good = EquityRun([Named("region", "north", 60.0, 0.05, 0.12)], "north", "south")
    bad = EquityRun([Named("region", "south", 60.0, 0.05, 0.12)], "north", "south")
    figures = EquityStudy().figures([good, bad])
    assert figures["found"]["value"] == figures["not_confused"]["value"] == figures["both"]["value"] == 0.5
    assert figures["others"]["value"] == 0.5
    assert figures["held"]["value"] == 1


def test_all_three_are_run_on_a_log_and_say_nothing_of_one_in_which_nothing_differs(tmp_path: Path) -> None:
    log, random = write_log(tmp_path / "town.csv"), Random(5)
    rows = list(csv.DictReader(log.open()))
    for row in rows:
        opened = datetime.fromisoformat(row["opened_at"])
        row["closed_at"] = str(opened + timedelta(days=random.choice((2, 4, 60))))
    with log.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    loops = ("introspection", "equity", "diffusion")
    plan = Plan(Source(log, None, "UTC"), loops, frozenset({"biased_region"}), (1,))
    runs = [run_task(task) for task in plan.tasks(tmp_path)]
    told = report(plan, subject_of(plan.source, tmp_path), runs, complete=True)["loops"]
    assert set(told) == set(loops)
    assert told["equity"]["scenarios"]["shuffled"]["others"]["value"] == 0
    assert told["diffusion"]["scenarios"]["shuffled"]["told"]["value"] == 0
    assert told["introspection"]["scenarios"]["shuffled"]["weeks"]["value"] > 0
