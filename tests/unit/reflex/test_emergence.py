"""The emergence loop warns of far more reports than usual in one place and time, and hardly of anything else."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from common.contracts.events.reflex.observations import FindingMade
from common.contracts.events.reflex.warnings import WarningEnded, WarningGrown, WarningRaised
from reflex.facts import Point
from reflex.loops.emergence.level import Level
from reflex.loops.emergence.profile import Profile
from reflex.loops.emergence.recent import BUCKET_M, LEAST_WEIGHT, WINDOWS_DAYS, Report
from reflex.loops.emergence.scan import PLACES, RADII_M, WHOLE, Stream, Surroundings, log_ratio
from reflex.loops.emergence.settings import Settings
from reflex.loops.emergence.threshold import Alarms, Peak, Threshold
from scipy.stats import nbinom

from tests.unit.reflex.reporting_city import CORNER, DAY, HOUR, MEANS, METRE, ReportingCity, fresh, reloaded

HERE = Point(CORNER.lat + 2500 * METRE, CORNER.lon + 2500 * METRE / 0.74)
LEARNT = 63
"""Days, nine weeks from a Monday."""


def test_in_a_year_without_events_there_are_no_more_alarms_than_are_allowed() -> None:
    """One for 1,300 cases, the scan and the look at areas together; walks of citizens bring clumps of up to six."""
    for seed in range(2):
        city = ReportingCity(seed)
        city.live(364)
        alarms = len(city.of(WarningRaised)) + len(city.of(FindingMade))
        print("seed", seed, "cases", city.numbers, "warnings", len(city.of(WarningRaised)), "alarms", alarms)
        assert alarms <= 1.3 * city.numbers / 1300


@pytest.mark.parametrize("seed", range(6))
def test_fifteen_reports_of_a_day_within_250_metres_are_warned_of_the_same_day_and_the_warning_ends(seed: int) -> None:
    city = ReportingCity(seed)
    city.live(LEARNT)
    city.said, began = [], city.now
    city.plant(15, HERE)
    city.live(4)
    (raised,) = city.of(WarningRaised)
    assert (raised.category, raised.region, raised.area, raised.authority) == ("sign", "north", "01", "yard")
    assert began < raised.raised_at < began + DAY
    assert began - 3 * DAY < raised.since <= raised.raised_at
    assert raised.likelihood >= raised.threshold
    assert raised.reports >= 4 > raised.expected
    assert raised.parent_case == raised.cases[0]
    assert abs(raised.lat - HERE.lat) < 300 * METRE
    (ended,) = city.of(WarningEnded)
    assert ended.warning_id == raised.warning_id
    assert ended.reports >= 12
    assert began + DAY < ended.ended_at <= began + 3 * DAY


def test_a_warning_that_doubles_says_so_with_the_new_cases() -> None:
    city = ReportingCity(3)
    city.live(LEARNT)
    city.said = []
    city.plant(60, HERE, hours=48)
    city.live(5)
    raised = next(one for one in city.of(WarningRaised) if one.category == "sign")
    grown = [one for one in city.of(WarningGrown) if one.warning_id == raised.warning_id]
    ended = next(one for one in city.of(WarningEnded) if one.warning_id == raised.warning_id)
    assert grown
    assert grown[0].reports >= 2 * raised.reports
    told = [case for one in [raised, *grown] for case in one.cases]
    assert len(told) == len(set(told))
    assert ended.reports >= 45


def test_before_a_region_is_known_nothing_is_warned_of() -> None:
    city = ReportingCity(1)
    city.live(Settings().warmup_days - 4)
    city.plant(30, HERE)
    city.live(3)
    assert city.said == []


@pytest.mark.parametrize("seed", range(3))
def test_where_a_log_of_all_categories_begins_after_a_thin_one_nothing_is_warned_of_and_later_bursts_are(
    seed: int,
) -> None:
    """As where samples of several times follow each other."""
    city = ReportingCity(seed, clumped=0)
    city.live(LEARNT, busy=dict.fromkeys(MEANS, 0.02))
    city.said = []
    city.live(28)
    print("seed", seed, "said", [type(one).__name__ for one in city.said])
    assert city.said == []
    city.plant(15, HERE)
    city.live(2)
    assert [one.category for one in city.of(WarningRaised)] == ["sign"]


def test_a_storm_in_one_category_is_warned_of_though_two_others_come_five_times_as_often() -> None:
    city = ReportingCity(4, clumped=0)
    city.live(LEARNT)
    city.said = []
    city.live(1, busy={"tree": 25.0, "light": 5.0, "pothole": 5.0})
    assert "tree" in [one.category for one in city.of(WarningRaised)]


def test_rows_of_a_version_without_a_level_are_read_and_bursts_are_found_at_once() -> None:
    city, rows = ReportingCity(2), dict[str, Mapping[str, Any]]()
    city.live(LEARNT)
    reloaded(city.loop, rows)
    old = {
        key: {name: part for name, part in body.items() if name != "level"} if key.startswith("region|") else body
        for key, body in rows.items()
    }
    city.loop, city.said = fresh(), []
    city.loop.load(old)
    city.live(1)
    city.plant(20, HERE)
    city.live(4)
    assert [one.category for one in city.of(WarningRaised)] == ["sign"]


def test_a_level_says_by_how_much_more_others_come_beyond_twice_what_is_usual() -> None:
    level, tau = Level(), 40.0
    for hour in range(60 * 24):
        level.add(hour / 24, 2.0, tau)
    for _ in range(100):
        level.add(60.0, 10.0, tau)
    # 12 in the 6 hours before, 1,000 in the hour that begins; 144 in three days.
    own, usual = (212.0, 900.0, 0.0), (12.0, 48.0, 144.0)
    found = [(1012 - 212 + 5) / 17 / 2, (1048 - 900 + 5) / 53 / 2, (1144 + 5) / 149 / 2]
    assert level.times(60.0, own, usual) == pytest.approx(found)
    assert level.times(60.0, (1000.0, 1000.0, 900.0), usual) == [1.0, 1.0, 1.0]
    assert Level.of(level.body()).times(60.0, own, usual) == level.times(60.0, own, usual)
    assert len(level.hours) <= 73


def test_what_staff_note_on_their_rounds_and_what_people_place_by_hand_is_left_out() -> None:
    for more in ({"channel": "staff"}, {"by_hand": True}, {"handed_over_from": "south"}):
        city = ReportingCity(2)
        city.live(LEARNT)
        city.said = []
        city.plant(40, HERE, **more)
        city.live(3)
        assert city.of(WarningRaised) == []


def test_a_day_on_which_a_category_is_busy_everywhere_is_told_of_the_whole_region_or_at_night() -> None:
    clusters = told = 0
    for seed in range(4):
        city = ReportingCity(seed, clumped=0)
        city.live(LEARNT)
        city.said = []
        city.live(1, busy={"pothole": 9.0})
        city.live(1)
        warned = [one for one in city.of(WarningRaised) if one.category == "pothole"]
        clusters += any(not one.whole_region for one in warned)
        nights = [one for one in city.of(FindingMade) if one.numbers["category"] == "pothole"]
        told += any(one.whole_region for one in warned) or bool(nights)
        print("seed", seed, "clusters", clusters, "told", told)
    assert clusters <= 1
    assert told == 4


def test_a_finding_of_a_night_names_the_area_and_its_figures() -> None:
    city = ReportingCity(0, clumped=0)
    city.live(LEARNT)
    city.said = []
    city.live(4, busy={"pothole": 4.5})
    city.live(1)
    finding = next(f for f in city.of(FindingMade) if f.numbers["category"] == "pothole")
    assert (finding.loop, finding.kind, finding.key) == ("emergence", "alarm", "emergence|north|01|pothole")
    assert finding.numbers["count"] > 2 * finding.numbers["usual"]
    assert "Pothole in area 01 of North" in finding.words


@pytest.mark.parametrize("seed", range(2))
def test_a_loop_read_back_from_its_rows_at_every_day_says_the_same(seed: int) -> None:
    def live(*, restarts: bool) -> list[Any]:
        city, rows = ReportingCity(seed, clumped=0.1), dict[str, Mapping[str, Any]]()
        for day in range(120):
            if day in (70, 90):
                city.plant(20, HERE)
            city.live(1)
            if restarts:
                city.loop = reloaded(city.loop, rows)
        return city.said

    whole = live(restarts=False)
    print("seed", seed, "said", len(whole))
    assert len(whole) >= 4
    assert live(restarts=True) == whole


def test_what_is_old_is_forgotten() -> None:
    city = ReportingCity(0)
    city.live(80)
    rows: dict[str, Mapping[str, Any]] = {}
    reloaded(city.loop, rows)
    assert len(rows) > 10
    for day in range(1, 400):
        city.loop.on_tick(city.now + day * DAY)
    reloaded(city.loop, rows)
    kinds = {key.split("|")[0] for key in rows}
    assert kinds <= {"alarms", "areas", "region", "threshold"}


def test_the_scan_counts_as_one_by_one() -> None:
    chance = random.Random(5)
    stream, reports = Stream(0.0), list[Report]()
    for n in range(400):
        report = Report(n * 0.002, chance.uniform(-9000, 9000), chance.uniform(-9000, 9000), f"c{n}", "web")
        stream.add(report, 40.0)
        reports.append(stream.recent.reports[-1])
        for k, radius in enumerate(RADII_M):
            for i, days in enumerate(WINDOWS_DAYS):
                within = [
                    r for r in reports
                    if report.t - r.t <= days and (r.x - report.x) ** 2 + (r.y - report.y) ** 2 <= radius**2
                ]  # fmt: skip
                assert stream._counts(report)[k][i] == sum(r.weight for r in within)
        near = stream.recent.near(report.x, report.y, BUCKET_M, report.t - 1)
        assert near == [r for r in within if report.t - r.t <= 1]


def test_a_report_soon_after_another_near_by_on_its_channel_counts_by_the_minutes_between() -> None:
    minute, stream = 1 / 1440, Stream(0.0)
    given = [
        (0.0, 0.0, "web"), (0.5, 0.0, "web"), (3.0, 100.0, "web"), (3.5, 100.0, "hotline"), (4.0, 900.0, "web"),
        (9.0, 900.0, "web"), (29.0, 900.0, "web"),
    ]  # fmt: skip
    for n, (minutes, x, channel) in enumerate(given):
        stream.add(Report(minutes * minute, x, 0.0, f"c{n}", channel), 40.0)
    weights = [one.weight for one in stream.recent.reports]
    assert weights == [1.0, LEAST_WEIGHT, 0.5, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("seed", range(4))
def test_one_persons_walk_is_not_warned_of_and_as_many_reports_of_an_hour_on_three_channels_are(seed: int) -> None:
    def warned(channels: tuple[str, ...]) -> int:
        city = ReportingCity(seed)
        city.live(LEARNT)
        city.said = []
        for n in range(12):
            at = city.now + 10 * HOUR + n * timedelta(minutes=2)
            more = {"category": "sign", "channel": channels[n % len(channels)]}
            city.planted.append(city.case(at, city.near(HERE, 200), **more))
        city.live(2)
        return len([one for one in city.of(WarningRaised) if one.category == "sign"])

    assert warned(("web",)) == 0
    assert warned(("web", "hotline", "app")) == 1


def test_where_a_whole_region_swings_from_week_to_week_as_many_reports_are_less_surprising() -> None:
    def surprise(days: list[int]) -> float:
        chance, stream = random.Random(6), Stream(0.0)
        around = Surroundings(Profile(), Level(), 1600e6, 0.0)
        for day, count in enumerate(days):
            for n, part in enumerate(sorted(chance.random() for _ in range(count))):
                x, y = chance.uniform(0, 40_000), chance.uniform(0, 40_000)
                stream.add(Report(day + part, x, y, f"{day}-{n}"), 40.0)
                found = stream.scan(around, Settings())
        assert found.ring == WHOLE
        return found.llr

    steady, swinging = surprise([20] * 60 + [80]), surprise(([36] * 5 + [4] * 5) * 6 + [80])
    print("steady", steady, "swinging", swinging)
    assert swinging < steady / 2


def test_rows_of_a_version_that_did_not_weigh_reports_are_read_and_its_thresholds_go() -> None:
    city, rows = ReportingCity(2), dict[str, Mapping[str, Any]]()
    city.live(LEARNT)
    reloaded(city.loop, rows)
    old: dict[str, Any] = {}
    for key, body in rows.items():
        kind = key.partition("|")[0]
        if kind == "recent":
            company = {case: more[:9] for case, more in body["company"].items()}
            old[key] = {**body, "recent": [one[:4] for one in body["recent"]], "company": company}
        elif kind == "usual":
            old[key] = {**body, "clumps": body["clumps"][:9]}
        else:
            old[key.replace("weighed_scan", "scan")] = body
    theirs = {key for key in old if key in ("threshold|scan",) or key.startswith("week|scan|")}
    assert len(theirs) > 4
    loop = fresh()
    loop.load(old)
    assert all(len(stream.clumps) == PLACES for stream in loop._streams.values())
    changed = loop.changed()
    assert {key for key, body in changed.items() if body is None} == theirs
    city.loop, city.said = loop, []
    city.plant(20, HERE)
    city.live(4)
    assert [one.category for one in city.of(WarningRaised)] == ["sign"]
    assert [one.threshold for one in city.of(WarningRaised)] == [Settings().first_threshold]


@pytest.mark.parametrize(("count", "expected", "dispersion"), [(5, 0.2, 1.2), (40, 12.0, 2.0), (9, 8.5, 4.0)])
def test_the_likelihood_is_that_of_a_negative_binomial(count: int, expected: float, dispersion: float) -> None:
    size = expected / (dispersion - 1)
    raised = nbinom.logpmf(count, size, size / (size + count))
    usual = nbinom.logpmf(count, size, size / (size + expected))
    assert log_ratio(count, expected, dispersion) == pytest.approx(raised - usual)
    assert log_ratio(int(expected), expected, dispersion) == 0.0


def test_the_hours_of_a_week_weigh_as_reports_come_in_them() -> None:
    profile, chance = Profile(), random.Random(1)
    for day in range(140):
        for _ in range(30):
            profile.add(day + chance.choice([9, 10, 11, 14]) / 24 + chance.random() / 24)
    assert profile.days(140, 147) == pytest.approx(7)
    assert profile.days(140 + 9 / 24, 140 + 12 / 24) > 0.4
    assert profile.days(140, 140 + 6 / 24) < 0.1
    assert profile.days(141.3, 143.9) == pytest.approx(profile.days(141.3, 142.0) + profile.days(142.0, 143.9))


def test_a_series_alarms_again_after_its_time_or_beyond_its_distance() -> None:
    alarms = Alarms(10.0, Settings())
    taken = [
        alarms.take(Peak(*one))
        for one in (
            (0.0, "a", 0.0, 0.0, 9.0), (0.1, "a", 0.0, 0.0, 11.0), (1.0, "a", 1500.0, 0.0, 12.0),
            (1.0, "b", 0.0, 0.0, 12.0), (2.0, "a", 2500.0, 0.0, 12.0), (8.0, "a", 0.0, 0.0, 12.0),
        )
    ]  # fmt: skip
    assert taken == [False, True, False, True, True, True]


def test_the_threshold_keeps_to_the_alarms_that_are_allowed_and_a_storm_does_not_raise_it() -> None:
    settings = Settings()

    def found(storm: int) -> float:
        threshold, chance = Threshold("t"), random.Random(4)
        for week in range(12):
            for n in range(20):
                t = week * 7 + n * 0.3
                threshold.note(Peak(t, f"s{n}", 0.0, 0.0, 10 + chance.expovariate(0.5)), 18.0)
            threshold.count(week * 7.0, 1300)
        for n in range(storm):
            threshold.note(Peak(5 * 7 + 0.1, f"storm{n}", 0.0, 0.0, 40.0 + n), 18.0)
        threshold.turn(12 * 7.0, settings, 1.0, 18.0)
        assert threshold.value is not None
        return threshold.value

    calm = found(0)
    print("threshold", calm)
    assert 13 < calm < 20
    assert found(30) < calm + 2


def test_weeks_of_few_cases_and_a_storm_leave_the_first_threshold_about_as_it_is() -> None:
    settings, threshold = Settings(), Threshold("t")
    for week in range(5):
        threshold.count(week * 7.0, 180)
    for n in range(30):
        threshold.note(Peak(3 * 7 + n * 0.1, f"storm{n}", 0.0, 0.0, 90.0), 18.0)
    threshold.turn(5 * 7.0, settings, 1.0, 18.0)
    assert threshold.value == pytest.approx(18.0, abs=1.5)


def test_of_one_category_in_a_region_at_most_three_warnings_stand_at_a_time() -> None:
    city = ReportingCity(8)
    city.live(LEARNT)
    city.said = []
    for n in range(6):
        spot = Point(CORNER.lat + (500 + 1000 * n) * METRE, CORNER.lon + (n % 2) * 5000 * METRE / 0.74)
        city.plant(25, spot, metres=100)
    city.live(1)
    assert 1 <= len([one for one in city.of(WarningRaised) if one.category == "sign"]) <= 3


def test_at_ticks_of_a_minute_the_same_is_warned_of() -> None:
    def live(hours: float) -> list[Any]:
        city = ReportingCity(5)
        city.live(LEARNT)
        city.said = []
        city.plant(15, HERE)
        until, cases = city.now + DAY, sorted(city.planted, key=lambda c: c.at)
        while city.now < until:
            city.now += timedelta(hours=hours)
            while cases and cases[0].at < city.now:
                city.loop.observe(cases.pop(0))
            city.said += city.loop.on_tick(city.now)
        return city.of(WarningRaised)

    assert live(0.05) == live(6)


def test_a_fresh_loop_has_no_state() -> None:
    assert fresh().changed() == {}
