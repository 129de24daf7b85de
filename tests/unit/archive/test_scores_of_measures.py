"""What comes of forecasts of answers in time, of bad cases avoided and of suggested duplicates, case by case."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from archive.change_in_force import RulesAround, rulebook_without
from archive.rows import PastRow
from archive.score import MEASURES, scored
from archive.suggestions import Asked, Suggestions
from common.contracts.events.archive import ForecastScored
from common.contracts.events.rules import (
    ANSWERED_IN_TIME,
    DUPLICATES_SUGGESTED,
    LATE_AVOIDED,
    POORLY_RATED_AVOIDED,
    REFUSALS_SPARED,
    REOPENED_AVOIDED,
    SETTLED_DAYS,
    Forecast,
    ProposalChecked,
)
from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.rulebook.book import ReleaseBook
from common.rulebook.patch import reverse
from common.rulebook.release import sealed
from reflex.loops.diffusion.forecast import BAD_CASES_AVOIDED as OF_DIFFUSION
from reflex.loops.duplicates.wording import MEASURES as OF_DUPLICATES
from reflex.loops.equity.forecast import BAD_CASES_AVOIDED as OF_EQUITY

from tests.past import START, book_of_tests, shorter, with_release, write_csv

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HORIZON = 20
SINCE = START + 30 * DAY
REVIEW = SINCE + (HORIZON + SETTLED_DAYS) * DAY
BEFORE = SINCE - HORIZON * DAY / 2


def wider(metres: int = 300, *, suggest: bool = True) -> Patch:
    """Street lights are suggested as duplicates within so many metres, where 100 were the most."""
    held = {
        "category": '"street-light"', "suggest": "true", "radius_metres": "100", "window_hours": "168",
        "least_likeness": "0", "ask_citizen": "true",
    }  # fmt: skip
    after = {**held, "radius_metres": str(metres), "suggest": "true" if suggest else "false"}
    change = RowChange(op="set", row_id="street-light", before=held, after=after)
    return Patch(layer="national", base_number=1, table="duplicates", changes=(change,))


def asked(
    folder: Path, rows: Iterable[PastRow], measure: str, patch: Patch, *, low: float = 0, high: float = 100,
    taken_back: datetime | None = None, horizon: int = HORIZON,
) -> ForecastScored:  # fmt: skip
    base = book_of_tests()
    back = reverse(patch, base.releases(patch.layer)[0].tables)
    forecast = Forecast(
        measure=measure, expected=(low + high) / 2, low=low, high=high, horizon_days=horizon, review_at=REVIEW
    )
    proposal = ProposalChecked(
        proposal_id="p", title="t", words="w", patch=patch, reversal=back, actor="a", loop="l", forecast=forecast
    )
    book: ReleaseBook = with_release(base, patch, SINCE)
    if taken_back is not None:
        book = with_release(book, back, taken_back)
    csv = write_csv(rows, folder / "journal.csv")
    return scored(proposal, SINCE, REVIEW, book, [], csv, folder)


def case(number: int, at: datetime, *more: tuple[Any, ...], due: timedelta = 2 * DAY, **cells: Any) -> list[PastRow]:
    """A pothole in area 01, and what became of it: kind, when after it was given, and the row's cells."""
    release = "national:2+north:1" if at >= SINCE else "national:1+north:1"
    told = {
        "region": "north", "authority": "yard-01", "area": "01", "category": "pothole", "given": "Pothole",
        "channel": "web", "priority": 2, "release": release, "rows": "", "by_hand": False, "said_category": False,
        "said_authority": False, "handed_over": False, "due_at": at + due, **cells,
    }  # fmt: skip
    rows = [PastRow("opened", UUID(int=number), at, 1, **told)]
    for sequence, (kind, after, own) in enumerate(more, 2):
        named = {"region": "north", "authority": "yard-01", **own}
        rows.append(PastRow(kind, UUID(int=number), at + after, sequence, **named))
    return rows


def answered(on_time: bool = True, after: timedelta = DAY) -> tuple[Any, ...]:
    return "answered", after, {"on_time": on_time, "minutes": 60}


def many(count: int, first: int, at: datetime, *more: tuple[Any, ...], **cells: Any) -> list[PastRow]:
    return [row for n in range(first, first + count) for row in case(n, at + n * HOUR / 1000, *more, **cells)]


MISSED = ("overdue", 2 * DAY, {})
REOPENED = ("reopened", 2 * DAY, {})


def test_every_measure_that_a_loop_forecasts_is_defined() -> None:
    assert {*OF_DIFFUSION.values(), *OF_EQUITY.values(), *OF_DUPLICATES.values(), ANSWERED_IN_TIME} <= set(MEASURES)


def test_answers_in_time_are_a_share_of_the_cases_that_were_due_and_whose_answer_stands(tmp_path: Path) -> None:
    rows = [
        *many(40, 100, SINCE, answered()),
        *many(5, 200, SINCE, MISSED, answered(False, 3 * DAY)),
        *many(2, 300, SINCE, MISSED),
        *many(3, 400, SINCE, answered(), REOPENED),
        *many(3, 500, SINCE, answered(), due=60 * DAY),
        *many(4, 600, SINCE, ("declined", DAY, {})),
        *many(4, 700, SINCE, ("joined", DAY, {})),
        *many(4, 800, SINCE, ("transferred", DAY, {"other": "south"})),
        *many(4, 900, SINCE, answered(False), arms="p:current"),
        *many(50, 1000, BEFORE, answered(False)),
        *many(9, 2000, SINCE, answered(False), given="Street light", category="street-light"),
    ]
    found = asked(tmp_path, rows, ANSWERED_IN_TIME, shorter(), low=75, high=85)
    assert (found.decisions, found.known, found.unknown, found.bad) == (53, 50, 3, 10)
    assert (found.actual, found.actual_least, found.actual_most, found.verdict) == (80, 80, 80, "held")
    assert asked(tmp_path, rows, ANSWERED_IN_TIME, shorter(), low=81, high=90).verdict == "below"


def test_a_case_whose_answer_came_again_after_it_was_reopened_counts_by_the_last_one(tmp_path: Path) -> None:
    rows = many(4, 100, SINCE, answered(), REOPENED, ("answered", 3 * DAY, {"on_time": True}))
    assert asked(tmp_path, rows, ANSWERED_IN_TIME, shorter()).actual == 100


def test_a_share_is_promised_whole_for_a_change_that_was_taken_back(tmp_path: Path) -> None:
    rows = many(10, 100, SINCE, answered())
    found = asked(tmp_path, rows, ANSWERED_IN_TIME, shorter(), low=90, high=100, taken_back=SINCE + 15 * DAY)
    assert (found.held_days, found.low, found.high, found.verdict) == (15, 90, 100, "held")


def test_nothing_due_is_said_to_be_too_little(tmp_path: Path) -> None:
    found = asked(tmp_path, many(3, 100, SINCE, answered(), due=60 * DAY), ANSWERED_IN_TIME, shorter())
    assert (found.verdict, found.actual) == ("too_little_known", None)
    assert found.reason == "none of its cases was due before the review"


def test_late_cases_avoided_are_those_of_the_share_before_less_those_that_came(tmp_path: Path) -> None:
    rows = [
        *many(30, 100, BEFORE, answered()), *many(10, 200, BEFORE, MISSED, answered(False, 3 * DAY)),
        *many(60, 300, SINCE, answered()), *many(4, 400, SINCE, MISSED),
        *many(8, 500, BEFORE, MISSED, arms="p:candidate"), *many(7, 600, SINCE, MISSED, arms="p:current"),
        *many(5, 700, SINCE - (HORIZON + 1) * DAY, MISSED),
    ]  # fmt: skip
    found = asked(tmp_path, rows, LATE_AVOIDED, shorter(), low=10, high=14)
    assert (found.before, found.bad_before) == (40, 10)
    assert (found.decisions, found.known, found.bad, found.actual, found.verdict) == (64, 64, 4, 12, "held")
    # A deadline that was moved before it was missed is not missed.
    moved = many(10, 800, SINCE, MISSED, ("overdue_withdrawn", 3 * DAY, {}), answered(True, 4 * DAY))
    assert asked(tmp_path, [*rows, *moved], LATE_AVOIDED, shorter()).bad == 4


def test_cases_of_which_it_is_not_known_yet_are_taken_for_the_worst_and_the_best(tmp_path: Path) -> None:
    rows = [
        *many(20, 100, BEFORE, answered()), *many(20, 200, BEFORE, MISSED), *many(20, 300, SINCE, answered()),
        *many(6, 400, SINCE, due=60 * DAY),
    ]  # fmt: skip
    found = asked(tmp_path, rows, LATE_AVOIDED, shorter(), low=8, high=20)
    assert (found.unknown, found.actual, found.actual_least, found.actual_most) == (6, 10, 7, 13)
    assert found.verdict == "too_little_known"
    assert asked(tmp_path, rows, LATE_AVOIDED, shorter(), low=7, high=20).verdict == "held"


def test_a_change_that_brings_more_bad_cases_than_before_comes_below_zero(tmp_path: Path) -> None:
    rows = [*many(40, 100, BEFORE, answered()), *many(5, 200, SINCE, MISSED), *many(20, 300, SINCE, answered())]
    found = asked(tmp_path, rows, LATE_AVOIDED, shorter(), low=0, high=9)
    assert (found.actual, found.verdict) == (-5, "below")


def test_with_fewer_than_thirty_like_cases_before_nothing_is_compared(tmp_path: Path) -> None:
    rows = [*many(29, 100, BEFORE, answered()), *many(20, 300, SINCE, answered())]
    found = asked(tmp_path, rows, LATE_AVOIDED, shorter())
    assert (found.verdict, found.actual) == ("too_little_known", None)
    assert "of 29 like cases before the change" in str(found.reason)


def test_reopened_within_seven_days_counts_of_the_answered_whose_seven_days_are_over(tmp_path: Path) -> None:
    late = ("reopened", 9 * DAY, {})
    rows = [
        *many(30, 100, BEFORE, answered()), *many(10, 200, BEFORE, answered(), REOPENED),
        *many(20, 300, SINCE, answered()), *many(2, 400, SINCE, answered(), REOPENED),
        *many(8, 500, SINCE, answered(), late), *many(5, 600, SINCE, due=60 * DAY),
        *many(3, 700, REVIEW - SETTLED_DAYS * DAY - HOUR, answered(after=2 * HOUR)),
    ]  # fmt: skip
    found = asked(tmp_path, rows, REOPENED_AVOIDED, shorter(), low=0, high=9)
    assert (found.before, found.bad_before) == (40, 10)
    assert (found.decisions, found.known, found.bad) == (33, 30, 2)
    assert (found.actual, found.actual_least, found.actual_most) == (5.5, 3.2, 6.2)
    assert found.verdict == "held"


def test_a_first_poor_rating_counts_of_the_rated_and_later_ratings_do_not(tmp_path: Path) -> None:
    def rated(*numbers: int) -> list[tuple[Any, ...]]:
        return [("rated", (2 + n) * DAY, {"number": one}) for n, one in enumerate(numbers)]

    rows = [
        *many(20, 100, BEFORE, answered(), *rated(5)), *many(20, 200, BEFORE, answered(), *rated(1)),
        *many(9, 300, SINCE, answered(), *rated(4, 1)), *many(1, 400, SINCE, answered(), *rated(2, 5)),
        *many(30, 500, SINCE, answered()),
    ]  # fmt: skip
    found = asked(tmp_path, rows, POORLY_RATED_AVOIDED, shorter(), low=4, high=4)
    assert (found.known, found.bad, found.actual, found.verdict) == (10, 1, 4, "held")


LIGHT: dict[str, Any] = {"given": "Street light", "category": "street-light"}


def suggested(other: int, metres: int, minutes: int = 60, after: timedelta = HOUR) -> tuple[Any, ...]:
    cells = {"category": "street-light", "other": str(UUID(int=other)), "number": metres, "minutes": minutes}
    return "duplicate_suggested", after, cells


def decided(other: int, said: str, metres: int, after: timedelta = DAY) -> tuple[Any, ...]:
    cells = {"category": "street-light", "other": str(UUID(int=other)), "number": metres, "reason": said}
    return "duplicate_decided", after, cells


def test_confirmed_suggestions_beyond_the_rule_before_count_once_and_those_of_warnings_never(tmp_path: Path) -> None:
    kind, after, cells = suggested(1, 200)
    by_warning = (kind, after, {**cells, "reason": "warned"})
    rows = [
        *many(4, 100, SINCE, suggested(1, 200), decided(1, "same", 200), **LIGHT),
        *many(3, 200, SINCE, suggested(1, 200), decided(1, "other", 200), **LIGHT),
        *many(2, 300, SINCE, suggested(1, 200), **LIGHT),
        *many(5, 400, SINCE, suggested(1, 90), decided(1, "same", 90), **LIGHT),
        *many(6, 450, SINCE, by_warning, decided(1, "warned", 200), **LIGHT),
        *many(1, 500, SINCE, suggested(1, 90, 60 * 169), decided(1, "same", 90), **LIGHT),
        *many(2, 600, SINCE, suggested(1, 200), decided(1, "same", 200, 9 * DAY), **LIGHT),
        *many(2, 700, BEFORE, suggested(1, 200), decided(1, "same", 200), **LIGHT),
    ]
    found = asked(tmp_path, rows, DUPLICATES_SUGGESTED, wider(), low=5, high=9)
    assert (found.decisions, found.known, found.actual, found.verdict) == (12, 12, 5, "held")


def test_a_rule_before_may_reach_parts_of_an_hour_and_of_a_metre(tmp_path: Path) -> None:
    before, after = written_duplicates(radius=100.6, hours=1.5), written_duplicates(radius=300, hours=1.5)
    rules = cast("RulesAround", SimpleNamespace(of=lambda region: (before, after)))
    rows = [
        *many(3, 100, SINCE, suggested(1, 101, 90), decided(1, "same", 101), **LIGHT),
        *many(2, 200, SINCE, suggested(1, 102, 90), decided(1, "same", 102), **LIGHT),
        *many(1, 300, SINCE, suggested(1, 101, 91), decided(1, "same", 101), **LIGHT),
    ]
    past = Suggestions([], write_csv(rows, tmp_path / "journal.csv"), tmp_path)
    assert past.confirmed(Asked(SINCE, REVIEW, REVIEW), rules) == (3, 3, 3)


def written_duplicates(*, radius: float, hours: float) -> SimpleNamespace:
    outputs = {"suggest": True, "radius_metres": radius, "window_hours": hours}
    return SimpleNamespace(decide=lambda table, inputs, unit: SimpleNamespace(outputs=outputs))


def test_a_suggestion_that_may_still_be_confirmed_is_unknown(tmp_path: Path) -> None:
    late = REVIEW - SETTLED_DAYS * DAY + DAY
    rows = [
        *many(3, 100, SINCE, suggested(1, 200), decided(1, "same", 200), **LIGHT),
        *many(2, 200, late, suggested(1, 200), **LIGHT),
    ]
    longer = HORIZON + SETTLED_DAYS
    found = asked(tmp_path, rows, DUPLICATES_SUGGESTED, wider(), low=0, high=4, horizon=longer)
    assert (found.unknown, found.actual, found.actual_least, found.actual_most) == (2, 3, 3, 5)
    assert found.verdict == "too_little_known"
    assert asked(tmp_path, rows, DUPLICATES_SUGGESTED, wider(), low=0, high=4).verdict == "held"


def test_refused_suggestions_spared_compare_cases_of_the_category_before_and_after(tmp_path: Path) -> None:
    refused = [suggested(1, 90), decided(1, "other", 90)]
    rows = [
        *many(30, 100, BEFORE, **LIGHT), *many(10, 200, BEFORE, *refused, **LIGHT),
        *many(38, 300, SINCE, **LIGHT), *many(2, 400, SINCE, *refused, **LIGHT),
        *many(50, 500, BEFORE, *refused), *many(7, 600, SINCE, *refused),
        *many(3, 700, SINCE, suggested(1, 90), decided(1, "same", 90), **LIGHT),
    ]  # fmt: skip
    found = asked(tmp_path, rows, REFUSALS_SPARED, wider(50), low=5, high=9)
    assert (found.before, found.bad_before, found.known, found.bad) == (40, 10, 43, 2)
    assert (found.actual, found.verdict) == (8.8, "held")
    off = asked(tmp_path, rows, REFUSALS_SPARED, wider(100, suggest=False), low=9, high=20)
    assert (off.actual, off.verdict) == (8.8, "below")


@pytest.mark.parametrize(
    ("measure", "patch"),
    [(m, shorter()) for m in (ANSWERED_IN_TIME, LATE_AVOIDED, REOPENED_AVOIDED, POORLY_RATED_AVOIDED)]
    + [(m, wider()) for m in (DUPLICATES_SUGGESTED, REFUSALS_SPARED)],
)
def test_a_score_does_not_hang_on_the_order_of_rows_nor_on_what_came_after_the_review(
    tmp_path: Path, measure: str, patch: Patch
) -> None:
    chance = random.Random(4)
    print("seed 4")
    rows: list[PastRow] = []
    for number in range(400):
        at = SINCE + chance.uniform(-HORIZON, HORIZON) * DAY
        told: Sequence[tuple[Any, ...]] = [
            answered(chance.random() < 0.7, chance.uniform(0.1, 9) * DAY),
            ("rated", 10 * DAY, {"number": chance.randint(1, 5)}),
            *([("reopened", chance.uniform(10, 30) * DAY, {})] if chance.random() < 0.3 else []),
            *([suggested(1, 150)] if (light := chance.random() < 0.5) else []),
            *([decided(1, chance.choice(["same", "other"]), 150)] if light else []),
        ]
        rows += case(number, at, *told, **(LIGHT if light else {}))
    found = asked(tmp_path, rows, measure, patch)
    assert found.decisions > 10
    later = [PastRow("reopened", UUID(int=n), REVIEW + HOUR, 99, "north", "yard-01", number=1) for n in range(400)]
    mixed = random.Random(2).sample([*rows, *later], len(rows) + len(later))
    assert asked(tmp_path, mixed, measure, patch).wire() == found.wire()


def test_a_trial_of_what_the_change_says_is_left_out_of_the_rules_without_it(caplog: pytest.LogCaptureFixture) -> None:
    base, change = book_of_tests(), shorter()
    back = reverse(change, base.releases("national")[0].tables)
    book = with_release(base, change, SINCE)
    held = book.releases("national")[0]
    kept, further = (_tried(one, held.tables) for one in (wider(), _shorter_again(change)))
    on_trial = held.model_copy(update={"number": 3, "trials": (kept, further), "hash": ""})
    book = ReleaseBook([*book.releases("national"), sealed(on_trial)])
    without = rulebook_without(book, "national:3", "p", back)
    assert without is not None
    assert [plan.proposal_id for plan in without.trials] == [kept.proposal_id]
    assert not without.broken_trials
    assert caplog.records == []


def _shorter_again(change: Patch) -> Patch:
    after = change.changes[0].after
    assert after is not None
    again = RowChange(op="set", row_id="pothole", before=after, after={**after, "answer_minutes": "300"})
    return change.model_copy(update={"changes": (again,)})


def _tried(patch: Patch, tables: dict[str, Any]) -> TrialPlan:
    return TrialPlan(
        proposal_id=f"trial of {patch.table}", patch=patch, reversal=reverse(patch, tables), unit="case", share=0.5,
        salt="s", started_at=SINCE,
    )  # fmt: skip
