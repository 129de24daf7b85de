"""The deadline loop on a small town's times: what is planted is found, and what does not change is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from common.rulebook.placement import Where
from laboratory.deadline.driving import Made, Run, Timed
from laboratory.deadline.planting import FAULTS, NO_FAULT, Planted, course, planted
from laboratory.deadline.ratifying import lengthened
from laboratory.deadline.shuffling import shuffled
from laboratory.evaluating import run_task
from laboratory.logged_case import LoggedCase
from laboratory.report import Plan
from laboratory.studies import STUDIES
from laboratory.study import section
from laboratory.subject import Source
from world.log import LogRow

from tests.unit.laboratory.logs import write_log

pytestmark = pytest.mark.xdist_group("laboratory")
START = datetime(2021, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BY_NAME = {scenario.name: scenario for scenario in FAULTS}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Four of five cases of each kind are closed in the published time of a week."""
    folder = tmp_path_factory.mktemp("town")
    log = write_log(folder / "town.csv", days=lambda random: random.lognormvariate(1.3, 0.75), due_days=7)
    faults = frozenset({"slow_down_3", "unrealistic_deadline", "fake_closing"})
    plan = Plan(Source(log, None, "UTC"), ("deadline",), faults, (1, 2))
    runs: dict[str, list[Any]] = {}
    for task in plan.tasks(folder):
        runs.setdefault(task.scenario.name, []).append(run_task(task).run)
    found: dict[str, Any] = section(STUDIES["deadline"], runs)["scenarios"]
    return found


def test_a_town_that_does_not_change_gets_no_alarm_and_its_limits_stay(told: dict[str, Any]) -> None:
    alarms = [told[name]["alarms_per_10k"]["value"] for name in ("no_fault", "shuffled")]
    assert sum(alarms) / 2 <= 10, "one in a thousand cases, as the threshold promises"
    for name in ("no_fault", "shuffled"):
        assert told[name]["proposals"]["value"] <= 1
        assert told[name]["found"] is None
    assert told["no_fault"]["quantile_error"]["value"] < 0.06


def test_a_threefold_slow_down_is_found_and_no_limit_is_lengthened_for_it(told: dict[str, Any]) -> None:
    slow = told["slow_down_3"]
    assert slow["planted_types"] == 6
    assert slow["found"]["value"] == 1
    assert slow["lengthened_late"]["value"] == 0
    assert slow["ratified"]["value"] == 0
    assert slow["delay_deadlines_median"] < 60


def test_limits_that_were_never_realistic_are_told_of(told: dict[str, Any]) -> None:
    wrong = told["unrealistic_deadline"]
    assert wrong["proposals"]["value"] + wrong["capacity"]["value"] >= 3
    assert wrong["in_time"]["value"] < told["no_fault"]["in_time"]["value"]


def test_fake_closings_shorten_no_limit(told: dict[str, Any]) -> None:
    assert told["fake_closing"]["too_short_planted"]["value"] == 0


@pytest.mark.parametrize(("logged_days", "ratified"), [(1.0, 1), (3.0, 0)])
def test_a_longer_limit_ratifies_a_delay_if_the_cases_as_logged_keep_the_old_one(
    logged_days: float, ratified: int
) -> None:
    """All minutes are working minutes; the limit of two days is to become four, after what is planted and before."""
    day = 24 * 60
    logged = [replace(case(n), closed_at=case(n).opened_at + logged_days * DAY) for n in range(100)]
    timed = [
        Timed(c.case_id, c.type, c.opened_at, c.opened_at + 2 * DAY, 2 * day, 3 * day, c.opened_at + 3 * DAY)
        for c in logged
    ]
    evidence = {"category": "pothole", "limit": 2 * day, "proposed": 4 * day}
    made = [Made(START + n * DAY, SimpleNamespace(evidence=evidence)) for n in (10, 20)]
    run = Run(START, START + 60 * DAY, timed, made)
    federation: Any = SimpleNamespace(
        calendar=lambda region: SimpleNamespace(minutes_between=lambda a, b: int((b - a) / timedelta(minutes=1)))
    )
    assert lengthened(run, [Planted("pothole", START + 15 * DAY)], federation, logged) == (1, ratified)


def case(number: int, category: str = "pothole") -> LoggedCase:
    opened = START + number * DAY / 4
    return LoggedCase(
        f"{category}{number}", opened, category, Where("1", "north", "borders"), "web", "roads", None, (category, "1"),
        "roads", opened + 2 * DAY,
    )  # fmt: skip


CASES = [case(n) for n in range(400)]


@pytest.mark.parametrize(("name", "times"), [("slow_down_15", 1.5), ("slow_down_2", 2), ("slow_down_3", 3)])
def test_a_slow_down_lengthens_what_was_received_since_and_nothing_else(name: str, times: float) -> None:
    (fault,) = planted(CASES, BY_NAME[name], 1)
    since = {fault.category: fault.since}
    for one in CASES:
        took = course(one, since, BY_NAME[name], 1).answered[0] - one.opened_at
        assert took == (2 * DAY * times if one.opened_at >= fault.since else 2 * DAY)
        assert course(one, {}, NO_FAULT, 1).answered == (one.closed_at,)


def test_of_fake_closings_three_in_ten_are_reopened_after_ten_days_the_same_for_the_same_seed() -> None:
    scenario, since = BY_NAME["fake_closing"], {"pothole": START}
    courses = [course(one, since, scenario, 1) for one in CASES]
    assert courses == [course(one, since, scenario, 1) for one in CASES]
    assert 90 <= sum(bool(c.reopened) for c in courses) <= 150
    assert all(c.stands_at == c.answered[-1] for c in courses)
    faked = next(c for c in courses if c.reopened)
    assert faked.until(faked.reopened[0] + DAY / 2).stands_at is None


def test_a_shuffled_log_deals_out_the_times_among_the_cases_of_a_type_alone() -> None:
    rows = [
        LogRow(str(n), START + n * DAY, closed=START + n * DAY + (n + 1) * unit, type=kind)
        for n in range(50)
        for kind, unit in (("pothole", DAY), ("light", DAY / 24))
    ]
    dealt = shuffled(rows, 1)
    assert dealt == shuffled(rows, 1) != rows

    def took(rows: list[LogRow], kind: str) -> list[timedelta]:
        return sorted(r.closed - r.opened for r in rows if r.type == kind and r.closed is not None)

    for kind in ("pothole", "light"):
        assert took(dealt, kind) == took(rows, kind)
    assert [r.opened for r in dealt] == [r.opened for r in rows]
