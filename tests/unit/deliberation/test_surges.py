"""Strangers who come on far more than around them in some hours, slower than a burst or by several channels."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.deliberation import EVERY_CHANNEL
from deliberation.surges import HOUR, surges

OPEN = datetime(2030, 1, 7, tzinfo=UTC)
TERM_DAYS = 14
SEEDS = range(4, 24)
Hours = Counter[datetime]


def natural(draw: random.Random, strangers: int, news: int = 0) -> Hours:
    """Strangers over the term by day more than by night, and some of them after a news item that half have forgotten a
    day later."""
    weights = [1 + math.sin(math.pi * ((n % 24) - 7) / 12) for n in range(24 * TERM_DAYS)]
    found = Hours(OPEN + n * HOUR for n in draw.choices(range(len(weights)), weights, k=strangers))
    begins = draw.randrange(24, 24 * 10)
    found.update(OPEN + (begins + int(draw.expovariate(math.log(2) / 24))) * HOUR for _ in range(news))
    return found


def brigade(draw: random.Random, people: int, hours: int) -> Hours:
    begins = draw.uniform(30, 24 * 11)
    return Hours(OPEN + int(begins + draw.uniform(0, hours)) * HOUR for _ in range(people))


def of_brigade(planted: Hours, given: Hours) -> float:
    """The share of a brigade that lies in the surges found."""
    found = surges(given.items())
    return sum(n for hour, n in planted.items() if any(s.since <= hour < s.until for s in found)) / planted.total()


def test_a_surge_is_told_with_its_hours_and_how_many_strangers_came() -> None:
    given = {OPEN + n * HOUR: 2 for n in range(100)} | {OPEN + 50 * HOUR: 20, OPEN + 51 * HOUR: 25}
    (found,) = surges(given.items())
    assert (found.source, found.since, found.until, found.voices) == (
        EVERY_CHANNEL, OPEN + 50 * HOUR, OPEN + 52 * HOUR, 45
    )  # fmt: skip


def test_fewer_than_thirty_or_less_than_five_times_as_many_as_around_are_no_surge() -> None:
    assert surges([(OPEN, 29)]) == ()
    assert len(surges([(OPEN, 30)])) == 1
    busy = {OPEN + n * HOUR: 10 for n in range(200)}
    assert surges((busy | {OPEN + 55 * HOUR: 49}).items()) == ()
    assert len(surges((busy | {OPEN + 55 * HOUR: 50}).items())) == 1
    assert surges(()) == ()


def test_an_hour_of_every_day_is_no_surge() -> None:
    assert surges((OPEN + timedelta(days=day, hours=18), 100) for day in range(1, 8)) == ()


@pytest.mark.parametrize("strangers", [20, 100, 1_000])
def test_strangers_who_come_as_people_do_are_seldom_told_as_a_surge(strangers: int) -> None:
    told = sum(bool(surges(natural(random.Random(seed), strangers).items())) for seed in SEEDS)
    news = sum(bool(surges(natural(random.Random(seed), strangers, 200).items())) for seed in SEEDS)
    print(f"seeds {SEEDS}: {strangers} strangers: {told} of {len(SEEDS)} told; with 200 after a news item: {news}")
    assert told <= 1


@pytest.mark.parametrize(("people", "hours"), [(60, 0.5), (60, 3), (100, 6), (200, 12)])
def test_most_of_a_slow_brigade_lies_in_surges(people: int, hours: int) -> None:
    shares = []
    for seed in SEEDS:
        draw = random.Random(seed)
        planted = brigade(draw, people, hours)
        shares.append(of_brigade(planted, natural(draw, 60) + planted))
    seen = sum(share > 0.8 for share in shares)
    print(f"seeds {SEEDS}: {people} in {hours} h: most of it seen in {seen} of {len(SEEDS)}; shares {sorted(shares)}")
    assert seen >= len(SEEDS) - 2
