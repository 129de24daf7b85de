"""The prediction loop forecasts arrivals with intervals that hold, and sees missed deadlines before they are missed."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import orjson
import pytest
from common.contracts.events.reflex.forecasts import ForecastSeries, HorizonScore
from reflex.facts import CaseAnswered, CaseExtended, CaseOpened, CaseReopened, CaseTransferred
from reflex.loops.prediction.days import Fortnight, kind_of
from reflex.loops.prediction.desk import Desk
from reflex.loops.prediction.desks import Desks
from reflex.loops.prediction.intervals import interval_of
from reflex.loops.prediction.series import KINDS, Keeps, Series
from reflex.loops.prediction.settings import Settings
from reflex.loops.silence.tail import negative_binomial_cdf

from tests.unit.reflex.busy_city import AREAS, DAY, MONDAY, BusyCity, fresh, reloaded

LEARNT = 29
"""Days: the first is seen in part."""


def test_intervals_hold_and_errors_are_below_those_of_last_weeks_same_day() -> None:
    """A region for a year, three times; what hardly ever comes needs no interval wider than that."""
    scores = list[HorizonScore]()
    for seed in range(3):
        city = BusyCity(seed, loop=fresh(Settings(scored_days=366)))
        city.live(366)
        scores += city.scores[-1].horizons
    for what in ("total", "category", "other_categories", "area"):
        for ahead in (1, 7, 14):
            found = [s for s in scores if (s.what, s.days_ahead) == (what, ahead)]
            held = sum(s.held for s in found) / sum(s.forecasts for s in found)
            scaled = sum(s.error for s in found) / sum(s.naive_error for s in found)
            print(f"seeds 0-2: {what} {ahead} days ahead: held {held:.3f}, scaled error {scaled:.3f}")
            assert 0.85 <= held <= 0.95
            assert scaled < 0.85


@pytest.mark.parametrize(("mean", "variance"), [(0.2, 0.3), (3.0, 3.0), (14.0, 40.0), (120.0, 900.0)])
def test_an_interval_leaves_out_at_most_a_tail_at_each_end(mean: float, variance: float) -> None:
    size = mean * mean / (max(variance, mean * 1.0001) - mean)
    found = interval_of(mean, variance, 0.05)
    below = [negative_binomial_cdf(count, mean, size) for count in (found.low - 1, found.low)]
    assert found.low == 0 or below[0] < 0.05
    assert below[1] >= 0.05
    assert negative_binomial_cdf(found.high, mean, size) >= 0.95 > negative_binomial_cdf(found.high - 1, mean, size)
    assert negative_binomial_cdf(found.middle, mean, size) >= 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_desk_is_told_as_if_what_it_needs_were_reckoned_every_day(seed: int) -> None:
    """That it cannot be short is decided without it."""
    random, settings, keeps = Random(seed), Settings(short_cases=3, short_sigma=0.5), Keeps.of(Settings())
    told = not_short = 0
    for _ in range(40):
        rate, day = random.choice([0.05, 0.2, 0.6, 1.5]), MONDAY
        desk, counted = Desk("north", "yard"), 0
        for _ in range(60):
            for _ in range(random.choices([0, 1, 2], [1 - min(rate, 0.9), min(rate, 0.9), rate / 3])[0]):
                desk.take(day + random.randint(0, 20) * DAY, day)
            if desk.due and random.random() < 0.5 * rate:
                desk.give(min(desk.due))
            desk.end_day(day.weekday(), day.weekday() < 5, keeps)
            day += DAY
            days = Fortnight.of(day, lambda one: one.weekday() < 5)
            need = desk.need(days)
            short = need is not None and need.short >= max(settings.short_cases, settings.short_sigma * need.sigma)
            if need is not None:
                counted = counted + 1 if short else 0
            told += desk.need_to_tell(days, settings) is not None
            not_short += need is not None and not short
            assert desk.short_days == counted
    print(f"seed {seed}: told {told} times, not short on {not_short} days")
    assert told
    assert not_short


def test_a_large_count_has_an_interval_of_a_normal_distribution() -> None:
    found = interval_of(10_000.0, 20_000.0, 0.05)
    assert found == (9767, 10000, 10233)


def test_there_is_one_forecast_and_one_score_a_region_and_day_of_a_bounded_number_of_series() -> None:
    city = BusyCity(1, regions=("north", "south"), loop=fresh(Settings(categories=3, areas=2)))
    city.live(LEARNT + 10)
    made = Counter((f.region, f.first_day) for f in city.forecasts)
    assert set(made.values()) == {1}
    assert len(made) == 22
    (first, *_), scores = city.forecasts, Counter((s.region, s.day) for s in city.scores)
    assert set(scores.values()) == {1}
    names = [(s.what, s.name) for s in first.series]
    assert names == [
        ("total", ""), ("category", "pothole"), ("category", "refuse"), ("category", "street light"),
        ("other_categories", ""), ("area", "01"), ("area", "02"),
    ]  # fmt: skip
    assert all(len(s.expected) == len(s.low) == len(s.middle) == len(s.high) == 14 for s in first.series)
    assert all(
        low <= middle <= high for s in first.series for low, middle, high in zip(s.low, s.middle, s.high, strict=True)
    )


def test_nothing_is_forecast_before_four_weeks_are_known() -> None:
    city = BusyCity(2)
    city.live(LEARNT - 1)
    assert city.forecasts == []
    city.live(1)
    (only,) = city.forecasts
    assert (only.first_day, only.region, only.coverage) == (MONDAY + LEARNT * DAY, "north", 0.9)


def series(city: BusyCity, what: str, name: str = "") -> ForecastSeries:
    (found,) = [s for s in city.forecasts[-1].series if (s.what, s.name) == (what, name)]
    return found


def test_a_weekend_and_a_holiday_are_forecast_as_free_days_are() -> None:
    thanksgiving = MONDAY + 45 * DAY
    city = BusyCity(3, loop=fresh(holidays=[thanksgiving]))
    city.live(42)
    (expected, *_) = (series(city, "total").expected,)
    by_day = dict(zip((city.day + n * DAY for n in range(14)), expected, strict=True))
    saturday, thursday_after = thanksgiving + 2 * DAY, thanksgiving + 7 * DAY
    assert by_day[saturday] < 0.6 * by_day[thursday_after]
    assert by_day[thanksgiving] < 0.6 * by_day[thursday_after]


def test_a_day_that_is_worked_in_exchange_is_like_the_last_working_day_before_it() -> None:
    saturday = MONDAY + 12 * DAY
    assert kind_of(saturday, lambda day: day.weekday() < 5 or day == saturday) == 4
    assert kind_of(saturday, lambda day: day.weekday() < 5) == 5
    assert kind_of(MONDAY, lambda day: day.weekday() < 5 and day != MONDAY) == 6


def test_a_storm_of_one_day_hardly_moves_the_forecast_of_the_days_after_it() -> None:
    calm, stormy = BusyCity(4), BusyCity(4, factor=lambda day: 8.0 if day == MONDAY + 50 * DAY else 1.0)
    for city in (calm, stormy):
        city.live(52)
    before, after = series(calm, "total").expected, series(stormy, "total").expected
    assert sum(after) < 1.35 * sum(before)


def test_a_season_is_followed_within_weeks() -> None:
    city = BusyCity(5, factor=lambda day: 1.0 if day < MONDAY + 60 * DAY else 2.0)
    city.live(60)
    before = sum(series(city, "total").expected)
    city.live(42)
    assert 1.7 * before < sum(series(city, "total").expected) < 2.3 * before


def test_a_category_says_which_part_of_it_falls_to_each_area() -> None:
    city = BusyCity(6)
    city.live(60)
    shares = series(city, "category", "pothole").area_shares
    assert shares.keys() == AREAS.keys()
    assert sum(shares.values()) == pytest.approx(1, abs=0.01)
    assert all(abs(shares[area] - share) < 0.08 for area, share in AREAS.items())


def test_an_area_where_hardly_anything_comes_is_not_forecast_but_has_its_share() -> None:
    city = BusyCity(6, areas={"01": 0.7, "02": 0.298, "03": 0.002})
    city.live(60)
    assert [one.name for one in city.forecasts[-1].series if one.what == "area"] == ["01", "02"]
    assert series(city, "category", "pothole").area_shares.keys() == {"01", "02", "03"}


def test_what_is_said_is_the_same_after_the_state_was_saved_and_loaded() -> None:
    straight, broken = BusyCity(7, rate=lambda day: 20), BusyCity(7, rate=lambda day: 20)
    rows: dict[str, object] = {}
    straight.live(70)
    for _ in range(10):
        broken.live(7)
        broken.loop = reloaded(broken.loop, rows)  # type: ignore[arg-type]
    assert [one.model_dump() for one in broken.said] == [one.model_dump() for one in straight.said]
    assert straight.findings


def test_a_leap_of_the_clock_teaches_nothing() -> None:
    city = BusyCity(8)
    city.live(40)
    before = series(city, "total").expected
    city.day += 30 * DAY
    city.said += city.loop.on_tick(datetime.combine(city.day, datetime.min.time(), UTC))
    city.day += DAY
    city.live(1)
    assert sum(series(city, "total").expected) > 0.8 * sum(before)


def test_authorities_that_keep_up_are_hardly_told_that_they_are_short() -> None:
    """Four authorities for a year each, with a third more capacity than they need on average."""
    told = 0
    for seed in range(2):
        city = BusyCity(seed, regions=("north", "south"), rate=lambda day: 55)
        city.live(364, tick_hours=24)
        print("seed", seed, "findings", [f.words for f in city.findings], "missed", len(city.missed))
        told += len(city.findings)
    assert told == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_desk_that_slows_down_to_half_is_told_before_its_deadlines_are_missed(seed: int) -> None:
    slow = MONDAY + 70 * DAY
    city = BusyCity(seed, rate=lambda day: 60 if day < slow else 20)
    city.live(130)
    first, said = min(city.missed), city.findings[0].found_at.date()
    print(f"seed {seed}: slow from {slow}, said on {said}, first missed {first}")
    assert slow < said < first
    numbers = city.findings[0].numbers
    assert numbers["authority"] == "yard-north"
    assert numbers["needed_rate"] > numbers["rate"]
    assert "Yard-North in North will miss deadlines" in city.findings[0].words
    assert city.findings[0].kind == "shortfall"


def test_the_same_authority_is_not_told_again_for_four_weeks() -> None:
    city = BusyCity(9, rate=lambda day: 15)
    city.live(150)
    said = [f.found_at for f in city.findings]
    assert len(said) >= 2
    assert all(later - earlier >= timedelta(days=28) for earlier, later in itertools.pairwise(said))


def opened(case_id: str, at: datetime, authority: str = "yard") -> CaseOpened:
    return CaseOpened(
        id=case_id, at=at, case_id=case_id, region="north", authority=authority, category="pothole", area="01",
        channel="web", priority=1, received_at=at, due_at=at + 10 * DAY,
    )  # fmt: skip


def test_work_follows_the_case_from_desk_to_desk_and_its_deadline() -> None:
    desks, at = Desks(lambda region, moment: moment.date()), datetime(2011, 7, 4, 9, tzinfo=UTC)
    whose = {"id": "x", "at": at + DAY, "case_id": "a", "region": "north", "authority": "lamps"}
    desks.observe(opened("a", at))
    desks.observe(CaseTransferred(**whose, from_authority="yard"))
    desks.observe(CaseExtended(**whose, due_at=at + 20 * DAY))
    found = {desk.authority: (desk.due, desk.came, desk.left) for desk in desks.of_region("north")}
    assert found == {"lamps": ({date(2011, 7, 24): 1}, 1, 0), "yard": ({}, 1, 1)}
    desks.observe(CaseReopened(**{**whose, "case_id": "b"}, due_at=at + 5 * DAY))
    assert next(desk.due for desk in desks.of_region("north")) == {date(2011, 7, 24): 1, date(2011, 7, 9): 1}
    desks.observe(CaseTransferred(**whose, from_authority="lamps", to_region="south"))
    assert [desk.left for desk in desks.of_region("north")] == [1, 1]
    saved = desks.changed()
    assert saved.keys() == {"case|a", "case|b", "today|north|yard", "today|north|lamps"}
    assert saved["case|a"] is None


def test_desks_are_the_same_after_they_were_saved_and_loaded() -> None:
    desks, loaded = (Desks(lambda region, moment: moment.date()) for _ in range(2))
    at = datetime(2011, 7, 4, 9, tzinfo=UTC)
    for number in range(5):
        desks.observe(opened(f"c{number}", at + number * DAY, "yard" if number % 2 else "lamps"))
    for desk in desks.of_region("north"):
        desk.end_day(0, True, Keeps.of(Settings()))
        desks.touch(desk)
    desks.observe(CaseAnswered(id="x", at=at + 6 * DAY, case_id="c1", region="north", authority="yard"))
    saved = orjson.loads(orjson.dumps(desks.changed()))
    loaded.load({key: body for key, body in saved.items() if body is not None})
    assert list(loaded.of_region("north")) == list(desks.of_region("north"))


def test_a_case_that_never_ends_is_forgotten_so_long_after_its_deadline() -> None:
    desks, at = Desks(lambda region, moment: moment.date()), datetime(2011, 7, 4, 9, tzinfo=UTC)
    desks.observe(opened("old", at))
    desks.observe(opened("new", at + DAY))
    desks.changed()
    desks.forget("south", date(2012, 1, 1))
    assert desks.changed() == {}
    desks.forget("north", (at + 11 * DAY).date())
    assert desks.changed() == {"case|old": None}
    (desk,) = desks.of_region("north")
    assert desk.due == {(at + 11 * DAY).date(): 1}
    desks.observe(CaseAnswered(id="x", at=at + 99 * DAY, case_id="old", region="north", authority="yard"))
    assert desk.left == 0
    assert desks.changed() == {}


def test_what_is_kept_of_cases_is_bounded_where_none_ever_ends() -> None:
    city = BusyCity(2, loop=fresh(Settings(forgotten_days=14)), rate=lambda day: 0)
    rows: dict[str, Mapping[str, Any]] = {}
    city.live(70)
    reloaded(city.loop, rows)
    due = [date.fromordinal(body["case"][2]) for key, body in rows.items() if key.startswith("case|")]
    assert min(due) == MONDAY + 63 * DAY - 14 * DAY


def test_ticks_of_any_length_give_the_same_forecasts() -> None:
    city, other = BusyCity(10), BusyCity(10)
    city.live(40)
    other.live(40, tick_hours=24)
    assert [f.series for f in city.forecasts] == [f.series for f in other.forecasts]


def test_a_series_is_saved_as_it_is() -> None:
    series = Series()
    for day in range(40):
        series.learn(3 + day % 4, day % KINDS, Keeps.of(Settings()))
    assert Series.of(orjson.loads(orjson.dumps(series.body()))) == series
