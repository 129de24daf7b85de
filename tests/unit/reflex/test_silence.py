"""The silence loop reports when a region hears far less than it should, and hardly at any other time."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from reflex.facts import CaseOpened
from reflex.loops.silence.even_days import Week, evened
from reflex.loops.silence.settings import Settings
from reflex.loops.silence.tail import lower_tail, negative_binomial_cdf
from reflex.loops.silence.usual import Usual, parts

from tests.unit.reflex.quiet_city import DAY, MONDAY, REGIONS, QuietCity, fresh, reloaded
from tests.unit.reflex.worlds import START

LEARNT = 42
"""Days, six weeks from a Monday."""


def share_of(share: float, seed: int = 5) -> Any:
    """Keep this share of the cases."""
    chance = random.Random(seed)
    return lambda case: chance.random() < share


def test_on_ordinary_days_four_regions_bring_one_false_alarm_a_month() -> None:
    """Overdispersed cases, days that all categories share, quieter weekends: two regions for four years."""
    alarms = months = 0
    for seed in range(4):
        city = QuietCity(seed, regions=("north", "south"), tick_hours=24)
        city.live(364)
        print("seed", seed, "alarms on", city.days_said())
        alarms, months = alarms + len(city.said), months + 12
    assert alarms <= 1.2 * months * len(city.regions) / REGIONS


@pytest.mark.parametrize("seed", range(10))
def test_a_day_with_hardly_a_case_is_reported_before_the_next_morning(seed: int) -> None:
    city = QuietCity(seed)
    city.live(LEARNT)
    city.said = []
    quiet = city.day
    city.live(1, keep=share_of(0.02, seed))
    (finding,) = city.said
    assert finding.numbers["day"] == quiet.isoformat()
    assert finding.found_at <= datetime.combine(quiet + DAY, datetime.min.time(), UTC)
    assert (finding.loop, finding.kind, finding.key) == ("silence", "alarm", "silence|north")
    quiet_ones = [*finding.numbers["channels"], *filter(None, [finding.numbers["together"]])]
    assert quiet_ones
    assert all(one["count"] < 0.45 * one["usual"] and one["p"] < 0.005 for one in quiet_ones)
    assert "North heard far less than usual on 2011-08-15 (until 2011-08-1" in finding.words


def test_the_channel_that_is_broken_is_named() -> None:
    city = QuietCity(3)
    city.live(LEARNT)
    city.said = []
    city.live(1, keep=lambda case: case.channel != "web")
    (finding,) = city.said
    assert [c["name"] for c in finding.numbers["channels"]] == ["web"]
    assert "By channel: Web " in finding.words
    assert "hours (usually" in finding.words


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hour", [3, 12, 21])
def test_a_channel_that_is_broken_for_a_day_and_a_half_from_any_hour_on_is_found(seed: int, hour: int) -> None:
    city = QuietCity(seed)
    city.live(LEARNT)
    city.said = []
    since = datetime.combine(city.day, datetime.min.time(), UTC) + timedelta(hours=hour)
    city.live(4, keep=lambda case: case.channel != "web" or not since <= case.at < since + timedelta(hours=36))
    (finding,) = city.said
    assert [c["name"] for c in finding.numbers["channels"]] == ["web"] or finding.numbers["together"]
    assert since < finding.found_at <= since + timedelta(hours=42)
    assert since.date().isoformat() <= finding.numbers["day"] <= (since + timedelta(hours=36)).date().isoformat()


def test_at_ticks_of_a_quarter_of_an_hour_and_of_a_day_the_same_is_found() -> None:
    def live(tick_hours: float) -> list[Any]:
        city = QuietCity(7, regions=("north", "south"), tick_hours=tick_hours)
        city.live(LEARNT)
        city.said = []
        noon = datetime.combine(city.day, datetime.min.time(), UTC) + timedelta(hours=13)
        city.live(21, keep=lambda c: not (c.channel == "web" and noon <= c.at < noon + 2 * DAY) and c.at.day % 9 != 0)
        return [(one.words, one.numbers) for one in city.said]

    whole = live(6)
    assert len(whole) > 2
    assert live(0.25) == live(24) == whole


@pytest.mark.parametrize(
    "hours", [(0.0,) * 7 + (2.0,) * 12 + (0.0,) * 5, (1.0,) + (0.0,) * 23], ids=["nights are empty", "all at midnight"]
)
def test_empty_hours_that_are_usual_are_no_silence(hours: tuple[float, ...]) -> None:
    alarms = 0
    for seed in range(4):
        city = QuietCity(seed, hours=hours)
        city.live(182)
        print("seed", seed, "alarms on", city.days_said())
        alarms, city.said = alarms + len(city.said), []
        city.live(2, keep=share_of(0.02, seed))
        assert len(city.said) == 1
    assert alarms <= 1.5 * 4 * 6 / REGIONS


def test_in_a_region_of_a_case_a_day_nothing_is_called_silent() -> None:
    for seed in range(3):
        city = QuietCity(seed, size=0.03)
        city.live(200)
        assert city.said == []


def test_a_log_with_a_gap_of_months_is_one_silence() -> None:
    city = QuietCity(5)
    city.live(LEARNT)
    city.said = []
    city.live(60, keep=lambda case: False)
    assert len(city.said) <= 1
    city.live(60)
    assert len(city.said) <= 2


def test_holidays_are_held_against_free_days() -> None:
    """Free days bring a fifth of the cases; three of them in a row in the midst of a week are no alarm."""
    city, free = QuietCity(6, free_share=0.2), MONDAY + 44 * DAY
    city.loop._works = lambda region, day: day.weekday() < 5 and not free <= day < free + 3 * DAY
    city.live(44)
    city.live(3, keep=share_of(0.2))
    city.live(2)
    assert city.said == []
    city.live(2)
    city.live(3, keep=share_of(0.2))
    assert len(city.said) == 1


def test_one_silent_category_is_no_alarm_since_a_rule_or_a_repair_may_be_behind_it() -> None:
    city = QuietCity(1)
    city.live(LEARNT)
    city.said = []
    city.live(5, keep=lambda case: case.category != "street light")
    assert city.said == []


def test_a_region_alone_is_silent_and_the_others_are_not_blamed() -> None:
    city = QuietCity(2, regions=("north", "south"))
    city.live(LEARNT)
    city.said = []
    city.live(1, keep=lambda case: case.region != "south")
    assert [f.numbers["region"] for f in city.said] == ["south"]


def test_a_run_of_silent_days_is_reported_once_and_again_after_it_has_ended() -> None:
    city = QuietCity(4)
    city.live(LEARNT)
    city.said = []
    city.live(4, keep=share_of(0.05))
    city.live(7)
    city.live(1, keep=share_of(0.05))
    first, second = city.days_said()
    assert first == "2011-08-15"
    assert second == "2011-08-26"


def test_quiet_that_lasts_becomes_usual_and_a_fall_from_there_is_reported_again() -> None:
    city = QuietCity(6, size=10)
    city.live(LEARNT)
    city.said = []
    city.live(70, keep=share_of(0.1))
    assert city.days_said()[0] == "2011-08-15"
    known = len(city.said)
    city.live(14, keep=share_of(0.1))
    assert len(city.said) == known, "by now it is usual"
    city.live(1, keep=lambda case: False)
    assert len(city.said) == known + 1


def test_the_first_week_of_a_lasting_quiet_teaches_nothing_and_what_follows_does() -> None:
    city, rows = QuietCity(6, size=10), dict[str, Any]()
    city.live(LEARNT)
    city.said = []
    begins = city.day
    city.live(10, keep=share_of(0.1))
    reloaded(city.loop, rows)
    learnt = [day for day in rows["region|north"]["learnt"] if day >= begins.isoformat()]
    assert learnt == [(begins + n * DAY).isoformat() for n in range(Settings().relearn_days, 10)]


def test_a_day_that_lies_in_the_first_weeks_is_not_judged() -> None:
    city = QuietCity(7)
    city.live(8)
    city.live(1, keep=lambda case: False)
    assert city.said == []


def test_what_people_placed_or_other_regions_handed_over_is_no_sign_that_citizens_are_heard() -> None:
    for more in ({"by_hand": True}, {"handed_over_from": "south"}):
        city = QuietCity(8)
        city.live(LEARNT)
        city.said = []
        city.live(1, **more)
        assert len(city.said) == 1, more


def test_cases_that_come_after_their_day_was_judged_change_nothing() -> None:
    city, other = QuietCity(9), QuietCity(9)
    for one in (city, other):
        one.live(LEARNT)
    late = CaseOpened(
        id="late", at=datetime.combine(city.day, datetime.min.time(), UTC), case_id="late", region="north",
        authority="yard", category="pothole", area="01", channel="web", priority=1,
        received_at=datetime.combine(MONDAY + 3 * DAY, datetime.min.time(), UTC), due_at=START + 99 * DAY,
    )  # fmt: skip
    city.loop.changed()
    city.loop.observe(late)
    assert not [key for key in city.loop.changed() if key.startswith("day|")]


@pytest.mark.parametrize("every", [1, 3, 10])
def test_a_restart_changes_nothing_that_is_said(every: int) -> None:
    whole, broken, rows = QuietCity(10, regions=("north", "south")), QuietCity(10, regions=("north", "south")), {}
    for number in range(60):
        keep = share_of(0.1, number) if number in (45, 46, 55) else lambda case: True
        whole.live(1, keep=keep)
        keep = share_of(0.1, number) if number in (45, 46, 55) else keep
        broken.live(1, keep=keep)
        if number % every == 0:
            broken.loop = reloaded(broken.loop, rows)
    assert whole.said
    assert broken.said == whole.said


def test_days_seen_at_one_long_tick_are_judged_as_if_the_ticks_had_come_in_time() -> None:
    """After a standstill the loop gets at one tick what it has missed."""
    city, late = QuietCity(11), QuietCity(11)
    missed: list[CaseOpened] = []
    city.live(LEARNT)
    city.said = []
    late.live(LEARNT)
    loop, late.loop = late.loop, fresh()

    def gather(case: CaseOpened) -> bool:
        missed.append(case)
        return True

    for number in range(6):
        city.live(1, keep=share_of(0.1) if number == 2 else lambda case: True)
        late.live(1, keep=(lambda quiet: lambda case: quiet(case) and gather(case))(
            share_of(0.1) if number == 2 else lambda case: True
        ))  # fmt: skip
    late.loop = loop
    for case in missed:
        loop.observe(case)
    late.tick(datetime.combine(late.day, datetime.min.time(), UTC))
    assert [one.numbers for one in late.said] == [one.numbers for one in city.said]
    assert late.days_said() == ["2011-08-17"]


def test_a_clock_that_leaps_over_days_in_which_nothing_came_says_nothing_about_them() -> None:
    city = QuietCity(12)
    city.live(LEARNT)
    city.said = []
    noon = datetime.combine(city.day, datetime.min.time(), UTC) + timedelta(hours=12)
    city.tick(noon + 60 * DAY)
    assert city.said == []


def test_state_is_bounded_by_the_window() -> None:
    city, rows = QuietCity(13), dict[str, Any]()
    city.live(200)
    city.loop = reloaded(city.loop, rows)
    assert len([key for key in rows if key.startswith("day|")]) <= Settings().window_days + 1
    assert len(rows["region|north"]["learnt"]) <= Settings().window_days


def test_the_tail_is_that_of_a_negative_binomial() -> None:
    """Against sums of its recurrence, p(k + 1) = p(k) (size + k) / (k + 1) mean / (size + mean)."""
    for mean, size in ((0.3, 0.5), (4.0, 2.0), (20.0, 80.0)):
        total = term = (size / (size + mean)) ** size
        for k in range(60):
            assert negative_binomial_cdf(k, mean, size) == pytest.approx(total, rel=1e-9)
            term *= (size + k) / (k + 1) * mean / (size + mean)
            total += term


def test_fewer_days_or_wilder_ones_make_the_same_count_less_surprising() -> None:
    window = parts(MONDAY.toordinal() * 4, MONDAY.toordinal() * 4 + 4)

    def tail(days: list[int]) -> float:
        like = {True: [(MONDAY + n * DAY, [count, 0, 0, 0]) for n, count in enumerate(days)]}
        usual = Usual(like, Week({}), lambda day: True, Settings())
        seen = usual.of(window, [4])
        assert seen is not None
        return lower_tail(4, seen.mean, usual.variance(window))

    calm, wild = [20, 21, 19, 20, 22, 18] * 4, [5, 40, 10, 38, 12, 15] * 4
    assert tail(calm) < tail(calm[:6]) < tail(wild)
    assert lower_tail(0, 0.0, 1.0) == 1.0


def test_a_day_of_a_storm_counts_as_twice_a_middle_one() -> None:
    days = [(MONDAY + n * DAY, [10, 10, 0, 0]) for n in range(8)]
    storm = (MONDAY + 8 * DAY, [400, 100, 0, 0])
    assert evened([*days, storm], True, Week({}))[-1] == pytest.approx([43 * 0.8, 43 * 0.2, 0, 0])


def test_days_of_the_week_are_weighed_by_what_came_on_them_and_a_few_seen_say_little() -> None:
    mondays = {n * 7 for n in range(8)}
    days = [(MONDAY + n * DAY, 40 if n in mondays else 20) for n in range(56) if n % 7 < 5]
    week = Week({True: days, False: [(MONDAY + 5 * DAY, 30), (MONDAY + 6 * DAY, 10)]})
    mean = 24.0
    assert week.weight(MONDAY, True) == pytest.approx((8 * 40 + 2 * mean) / (8 * mean + 2 * mean))
    assert week.weight(MONDAY + DAY, True) == pytest.approx((8 * 20 + 2 * mean) / (8 * mean + 2 * mean))
    assert week.weight(MONDAY + 5 * DAY, False) == pytest.approx((30 + 40) / (20 + 40))
    assert week.weight(MONDAY, False) == 1.0
    even = evened([(day, [count, 0, 0, 0]) for day, count in days], True, week)
    assert even[0][0] == pytest.approx(40 / week.weight(MONDAY, True))


def test_a_window_covers_parts_of_days() -> None:
    first = date(2011, 7, 4).toordinal() * 4
    covered = parts(first + 2, first + 10)
    assert [(p.day.day, p.first, p.end) for p in covered] == [(4, 2, 4), (5, 0, 4), (6, 0, 2)]


def test_rows_of_a_version_that_judged_whole_days_are_read() -> None:
    city, rows = QuietCity(3), dict[str, Any]()
    city.live(LEARNT)
    city.said = []
    reloaded(city.loop, rows)
    old: dict[str, Any] = {}
    for key, body in rows.items():
        if key.startswith("day|"):
            channels = {name: sum(counts) for name, counts in body["channels"].items()}
            old[key] = {"counts": {"channel": channels, "category": {"pothole": sum(channels.values())}}}
        elif key.startswith("region|"):
            old[key] = {name: body[name] for name in ("id", "open", "learnt", "silent")}
        else:
            old[key] = body
    city.loop = fresh()
    city.loop.load(old)
    city.live(7)
    assert city.said == []
    city.live(1, keep=lambda case: case.channel != "web")
    assert [[c["name"] for c in one.numbers["channels"]] for one in city.said] == [["web"]]
