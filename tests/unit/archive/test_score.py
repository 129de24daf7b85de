"""Scores of forecasts by columns against an evaluation case by case, and what is said where little can be known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from archive.forecast_judged import Promise, promised
from archive.rows import PastRow
from archive.score import scored
from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import SETTLED_DAYS, TRANSFERS_AVOIDED, Forecast, ProposalChecked
from common.rulebook.book import ReleaseBook
from common.rulebook.patch import reverse
from common.rulebook.placement import BY_HAND, Placed, Where, place

from tests.past import START, book_of_tests, past, to_lighting, with_release, write_csv

DAY = timedelta(days=1)
SINCE, HORIZON = START + 10 * DAY, 20
REVIEW = SINCE + (HORIZON + SETTLED_DAYS) * DAY
FORECAST = Forecast(
    measure=TRANSFERS_AVOIDED, expected=20, low=10, high=30, confidence=0.9, horizon_days=HORIZON, review_at=REVIEW
)


def adopted() -> ReleaseBook:
    return with_release(book_of_tests(), to_lighting(), SINCE)


def proposal(forecast: Forecast | None = FORECAST) -> ProposalChecked:
    back = reverse(to_lighting(), book_of_tests().releases("north")[0].tables)
    return ProposalChecked(
        proposal_id="p", title="t", words="w", patch=to_lighting(), reversal=back, actor="somebody",
        loop="misrouting", forecast=forecast,
    )  # fmt: skip


def asked(
    folder: Path, rows: Sequence[PastRow], *, book: ReleaseBook | None = None, forecast: Forecast | None = FORECAST,
    review_at: datetime = REVIEW,
) -> ForecastScored:  # fmt: skip
    csv = write_csv(rows, folder / "journal.csv")
    return scored(proposal(forecast), SINCE, review_at, book or adopted(), [], csv, folder)


def case(
    number: int, at: datetime, to: str | None = None, authority: str = "lighting", *, answered: bool = True,
    by_hand: bool = False,
) -> list[PastRow]:  # fmt: skip
    """A pothole of area 01, which the change gives to lighting; passed on where `to` says so."""
    rows = [
        PastRow(
            "opened", UUID(int=number), at, 1, "north", authority, "01", "pothole", "Pothole", "web", 2,
            "national:1+north:2", "", by_hand, False, by_hand, False,
        )
    ]  # fmt: skip
    if to is not None:
        rows.append(PastRow("transferred", UUID(int=number), at + DAY / 24, 2, "north", to, minutes=60))
    if answered:
        rows.append(PastRow("answered", UUID(int=number), at + DAY / 12, 3, "north", to or authority, minutes=90))
    return rows


def cases(count: int, at: datetime = SINCE, first: int = 0, to: str | None = None, **how: Any) -> list[PastRow]:
    return [row for number in range(first, first + count) for row in case(number, at, to, **how)]


def naive(rows: Sequence[PastRow], book: ReleaseBook, review_at: datetime) -> tuple[int, int, int, int]:
    """Every case on its own: that followed the change, of which it is known, that lie right, that lie wrong."""
    found = [0, 0, 0, 0]
    base = book_of_tests()
    told: dict[UUID, list[PastRow]] = {}
    for row in rows:
        if row.happened_at < review_at:
            told.setdefault(row.case_id, []).append(row)
    for about in told.values():
        first = next((r for r in about if r.kind == "opened"), None)
        if first is None or first.by_hand or any(r.kind == "joined" for r in about):
            continue
        if not SINCE <= first.happened_at < SINCE + HORIZON * DAY:
            continue
        where = Where(str(first.area), str(first.region), BY_HAND)
        before = place("", first.given, where, base.in_force(str(first.region), START))
        after = place("", first.given, where, book.get(str(first.release)))
        if not isinstance(before, Placed) or not isinstance(after, Placed) or before.authority == after.authority:
            continue
        moves = [r for r in about if r.kind == "transferred"]
        settled = first.happened_at <= review_at - SETTLED_DAYS * DAY
        lies_with = moves[-1].authority if moves else first.authority
        known = bool(moves) or settled or any(r.kind in ("answered", "declined") for r in about)
        found[0] += 1
        found[1] += known
        found[2] += known and lies_with == "lighting"
        found[3] += known and lies_with == "yard-01"
    return found[0], found[1], found[2], found[3]


@pytest.mark.parametrize("review_at", [REVIEW, SINCE + 15 * DAY])
def test_ten_thousand_cases_by_columns_are_the_same_as_one_by_one_in_any_order(
    tmp_path: Path, review_at: datetime
) -> None:
    book = adopted()
    rows = list(past(10_000, book=book))
    expected = naive(rows, book, review_at)
    found = asked(tmp_path, rows, book=book, review_at=review_at)
    assert expected[0] > 300
    assert expected[0] > expected[1] or review_at == REVIEW
    assert (found.decisions, found.known, found.newly_right, found.newly_wrong) == expected
    assert found.actual == expected[2] - expected[3]
    mixed = random.Random(2).sample(rows, len(rows))
    assert asked(tmp_path, mixed, book=book, review_at=review_at).wire() == found.wire()


def test_a_case_counts_for_where_it_lies_and_not_where_it_was_joined_placed_by_hand_or_held_out(tmp_path: Path) -> None:
    joined = [PastRow("joined", UUID(int=70), SINCE + DAY, 2, "north", "lighting")]
    rows = [
        *cases(20), *cases(3, first=20, to="yard-01"), *cases(2, first=30, to="yard-02"),
        *cases(4, first=40, by_hand=True), *case(50, SINCE, authority="yard-01"), *case(70, SINCE), *joined,
        *cases(5, SINCE - DAY / 24, first=80), *cases(5, SINCE + HORIZON * DAY, first=90),
    ]  # fmt: skip
    found = asked(tmp_path, rows)
    assert (found.decisions, found.known, found.newly_right, found.newly_wrong) == (25, 25, 20, 3)
    assert (found.actual, found.actual_least, found.actual_most, found.unknown) == (17, 17, 17, 0)
    assert (found.verdict, found.proposer, found.since, found.until) == ("held", "misrouting", SINCE, REVIEW)
    assert (found.expected, found.low, found.high, found.held_days) == (20, 10, 30, HORIZON)


@pytest.mark.parametrize(("count", "verdict"), [(9, "below"), (10, "held"), (30, "held"), (31, "above")])
def test_the_ends_of_the_interval_belong_to_it(tmp_path: Path, count: int, verdict: str) -> None:
    assert asked(tmp_path, cases(count)).verdict == verdict


def test_cases_that_may_still_be_passed_on_are_not_known_and_no_verdict_is_given_that_they_could_tip(
    tmp_path: Path,
) -> None:
    late = REVIEW - SETTLED_DAYS * DAY + DAY / 24
    longer = FORECAST.model_copy(update={"horizon_days": HORIZON + SETTLED_DAYS})
    rows = [*cases(12), *cases(3, late, first=20, answered=False), *cases(3, first=40, answered=False)]
    found = asked(tmp_path, rows, forecast=longer)
    assert (found.decisions, found.known, found.unknown) == (18, 15, 3)
    assert (found.actual, found.actual_least, found.actual_most) == (15, 12, 18)
    assert found.verdict == "held"
    tipped = asked(tmp_path, rows, forecast=longer.model_copy(update={"low": 13}))
    assert tipped.verdict == "too_little_known"


def test_a_change_that_was_taken_back_is_scored_for_its_time_by_that_part_of_the_promise(tmp_path: Path) -> None:
    back = proposal().reversal
    gone = with_release(adopted(), back, SINCE + 15 * DAY)
    found = asked(tmp_path, [*cases(12), *cases(9, SINCE + 15 * DAY, first=20)], book=gone)
    assert (found.decisions, found.held_days, found.expected, found.low, found.high) == (12, 15, 15, 7, 23)
    assert found.verdict == "held"


def test_a_change_that_was_in_force_for_less_than_half_of_its_time_is_not_judged_and_its_numbers_are_shown(
    tmp_path: Path,
) -> None:
    gone = with_release(adopted(), proposal().reversal, SINCE + 9 * DAY)
    found = asked(tmp_path, cases(12), book=gone)
    assert (found.verdict, found.code, found.actual, found.held_days) == ("not_scorable", "held_too_short", 12, 9)
    assert found.reason == "it was in force for 9 of 20 days"


def test_what_happened_at_the_review_or_later_says_nothing(tmp_path: Path) -> None:
    rows = [*cases(20), PastRow("transferred", UUID(int=3), REVIEW, 9, "north", "yard-01", minutes=60)]
    assert asked(tmp_path, rows).wire() == asked(tmp_path, cases(20)).wire()


def test_what_was_not_forecast_or_not_defined_is_said_not_to_be_scorable(tmp_path: Path) -> None:
    nothing = asked(tmp_path, cases(20), forecast=None)
    assert (nothing.verdict, nothing.code, nothing.measure) == ("not_scorable", "no_forecast", "")
    other = asked(tmp_path, cases(20), forecast=FORECAST.model_copy(update={"measure": "happiness"}))
    assert (other.verdict, other.code, other.actual) == ("not_scorable", "unknown_measure", None)


def test_a_part_of_a_promise_has_whole_numbers_around_it() -> None:
    assert promised(FORECAST, 1.0) == Promise(20, 10, 30)
    assert promised(FORECAST.model_copy(update={"low": -3.0, "high": 4.1}), 0.5) == Promise(10, -2, 3)
