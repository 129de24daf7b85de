"""How often cases end elsewhere under right rules is not asked of the cases that the rules were learnt from."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from world.learn_rules import MIN_BACKGROUND, Seen, background_rates, learn_jurisdiction

START = datetime(2021, 3, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def seen(ends: Iterable[str], area: str, *, step: timedelta = DAY, start: datetime = START) -> list[Seen]:
    return [Seen("pothole", area, end, start + number * step, None) for number, end in enumerate(ends)]


def rate(cases: list[Seen]) -> float:
    return background_rates(cases, {})[1]["pothole"]


def test_small_cells_whose_ends_are_drawn_by_lot_miss_as_often_as_new_cases_would() -> None:
    print("seed 3")
    draw = random.Random(3)
    offices = ("yard", "signs", "lighting")
    cases = [c for n in range(200) for c in seen((draw.choice(offices) for _ in range(5)), f"{n:03}")]
    rules = learn_jurisdiction(cases, {})
    fitted = sum(rules.authority("pothole", c.area or "") != c.authority for c in cases) / len(cases)
    assert rate(cases) > 2 / 3 - 0.05 > fitted + 0.1


def test_cases_that_were_entered_in_a_batch_do_not_make_the_rule_that_they_are_held_against() -> None:
    usual = [c for area in ("1", "2", "3") for c in seen(["yard"] * 40, area)]
    batch = seen(["signs"] * 20, "4", step=timedelta(minutes=10))
    assert learn_jurisdiction([*usual, *batch], {}).authority("pothole", "4") == "signs"
    assert rate([*usual, *batch]) == pytest.approx(20 / 140, abs=0.01)


def test_cells_with_enough_days_of_their_own_are_right_by_their_own_rows() -> None:
    cases = [*seen(["yard"] * 40, "1"), *seen(["signs"] * 40, "2")]
    assert rate(cases) == MIN_BACKGROUND


def test_the_territorial_authority_of_an_area_is_right_there_without_a_case_before() -> None:
    cases = [*seen(["yard-a"] * 3, "a"), *seen(["yard-b"] * 3, "b")]
    assert background_rates(cases, {"yard-a": "a", "yard-b": "b"}) == (MIN_BACKGROUND, {"pothole": MIN_BACKGROUND})


def test_without_a_known_case_one_in_ten_is_assumed() -> None:
    assert background_rates([], {}) == (0.1, {})
